import type pg from 'pg'
import { type Logger, pino } from 'pino'
import { compose, type ServiceSettings } from '../../src/composition.ts'
import type { Hash } from '../../src/ledger/domain/sha256.ts'
import { Ed25519CheckpointSigner } from '../../src/ledger/infrastructure/ed25519-checkpoint-signer.ts'
import { drawOrdinals, seedOf } from '../../src/lottery/domain/draw.ts'
import { commitmentTo, QUICKNET, randomnessOf } from '../../src/lottery/domain/entropy.ts'
import { type LotteryState, sealFactsOf } from '../../src/lottery/domain/lottery-state.ts'
import { sealHash } from '../../src/lottery/domain/seal.ts'

export const SIGNER = new Ed25519CheckpointSigner('lottery.local', Buffer.alloc(32, 9))

/** The service as composition.ts has it, with the tests' key and without a network. */
export function composed(pool: pg.Pool, log: Logger = pino({ level: 'silent' })): ReturnType<typeof compose> {
  const ledger = { signer: SIGNER, entropy: 'commit-reveal', chain: QUICKNET, relays: [] } as const
  const settings: ServiceSettings = { ...ledger, publicUrl: 'https://lottery.example' }
  return compose(pool, settings, log)
}

/** A lottery's ledger with this many leaves, of no ballot in particular. */
export function ledgerOf(size: number): LotteryState['ledger'] {
  const setBits = size.toString(2).replaceAll('0', '').length
  return { size, hashes: Array.from({ length: setBits }, (_, n) => Buffer.alloc(32, n + 1)) }
}

/** A secret under which this ordinal wins what is stored of a lottery, sealed with these terms. */
export function secretDrawing(
  wanted: number,
  lottery: Pick<LotteryState, 'date' | 'ledger'>,
  seal: { readonly excluded: readonly number[]; readonly previous: Hash },
): Uint8Array {
  for (let tries = 0; tries < 1_000_000; tries += 1) {
    const secret = Buffer.alloc(32)
    secret.writeUInt32BE(tries)
    const entropy = { kind: 'commit-reveal', commitment: commitmentTo(secret) } as const
    const { date, ledger } = lottery
    const seed = seedOf(randomnessOf(entropy, secret), sealHash(sealFactsOf({ date, ledger, entropy, seal })))
    if (drawOrdinals(seed, ledger.size, seal.excluded)[0] === wanted) return secret
  }
  throw new Error(`ordinal ${wanted} of ${lottery.date} does not win`)
}
