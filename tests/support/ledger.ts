import type pg from 'pg'
import { type Logger, pino } from 'pino'
import { composeOnPostgres, type ServiceSettings } from '../../src/composition/on-postgres.ts'
import type { Hash } from '../../src/ledger/domain/sha256.ts'
import { Ed25519CheckpointSigner } from '../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { drawOrdinals, seedOf } from '../../src/lottery/domain/draw.ts'
import { commitmentTo, randomnessOf } from '../../src/lottery/domain/entropy.ts'
import { type LotteryState, sealFactsOf } from '../../src/lottery/domain/lottery-state.ts'
import { type Exclusion, sealHash, totalOf } from '../../src/lottery/domain/seal.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import { OPEN_ACCESS, SECRETS, TOKEN_SEED } from './access.ts'

export const SIGNER = new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 9))

/** The service as `src/composition` constructs it on PostgreSQL, with the tests' key and without a network. */
export function composed(
  pool: pg.Pool,
  log: Logger = pino({ level: 'silent' }),
  given: Partial<ServiceSettings> = {},
): ReturnType<typeof composeOnPostgres> {
  const settings: ServiceSettings = {
    ...OPEN_ACCESS,
    signer: SIGNER,
    tokenSeed: TOKEN_SEED,
    secrets: SECRETS,
    lotteryDaysAhead: 366,
    entropy: 'commit-reveal',
    drandUrls: [],
    publicUrl: 'https://lottery.example',
    kafka: undefined,
    databaseUrl: pool.options.connectionString ?? '',
    ...given,
  }
  return composeOnPostgres(pool, settings, log)
}

/** A lottery's ledger with this many arbitrary leaves. */
export function ledgerOf(size: number): LotteryState['ledger'] {
  const setBits = size.toString(2).replaceAll('0', '').length
  return { size, hashes: Array.from({ length: setBits }, (_, n) => Buffer.alloc(32, n + 1)) }
}

/** Finds a secret with which the ordinal `wanted` wins a lottery under these terms of its seal. */
export function secretDrawing(
  wanted: number,
  lottery: Pick<LotteryState, 'date' | 'ledger'>,
  seal: { readonly exclusions: readonly Exclusion[]; readonly previous: Hash; readonly at: Instant },
): Uint8Array {
  const { exclusions, previous, at } = seal
  const excluded = exclusions.map(({ ordinal }) => ordinal)
  const { count, hash } = totalOf(exclusions)
  const record = { excludedCount: count, exclusionsHash: hash, round: 0, previous, at }
  for (let tries = 0; tries < 1_000_000; tries += 1) {
    const secret = Buffer.alloc(32)
    secret.writeUInt32BE(tries)
    const entropy = { kind: 'commit-reveal', commitment: commitmentTo(secret) } as const
    const facts = sealFactsOf({ ...lottery, entropy }, record)
    const seed = seedOf(randomnessOf(entropy, secret), sealHash(facts))
    if (drawOrdinals(seed, facts.ballotCount, excluded)[0] === wanted) return secret
  }
  throw new Error(`no secret found with which ordinal ${wanted} wins the lottery of ${lottery.date}`)
}
