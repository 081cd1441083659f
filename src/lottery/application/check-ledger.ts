import { checkTree } from '../../ledger/application/check-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { drawOrdinals, seedOf } from '../domain/draw.ts'
import {
  type BeaconChain,
  commitmentTo,
  type Entropy,
  plannedRound,
  type Reveal,
  randomnessOf,
} from '../domain/entropy.ts'
import { type LedgerNodes, readNodesOf } from '../domain/ledger-proofs.ts'
import { type LotteryState, sealFactsOf } from '../domain/lottery-state.ts'
import { sealHash } from '../domain/seal.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** Computes all that a lottery claims again from its stored ballots, and says where the two differ. */
export class CheckLedger {
  readonly #queries: LotteryQueries
  readonly #nodes: LedgerNodes
  readonly #chain: BeaconChain
  readonly #isSignature: (entropy: Entropy & { kind: 'drand' }, reveal: Reveal) => boolean

  constructor(
    queries: LotteryQueries,
    nodes: LedgerNodes,
    chain: BeaconChain,
    isSignature: (entropy: Entropy & { kind: 'drand' }, reveal: Reveal) => boolean,
  ) {
    this.#queries = queries
    this.#nodes = nodes
    this.#chain = chain
    this.#isSignature = isSignature
  }

  /** What is wrong with one lottery, in sentences; none when all is well. */
  async execute(lottery: LotteryState): Promise<string[]> {
    const findings = await this.#ledgerFindings(lottery)
    if (findings.length > 0) return findings // there is no root that a seal or a draw could be held against
    return [...this.#sealFindings(lottery), ...(await this.#drawFindings(lottery))]
  }

  /** What is wrong with the chain of all seals. `seals` are those of all sealed lotteries, by number. */
  static chainFindings(seals: readonly { number: number; previous: Hash; hash: Hash; date: CalendarDate }[]): string[] {
    let last: { number: number; hash: Hash } = { number: 0, hash: new Uint8Array(32) }
    const findings: string[] = []
    for (const seal of seals) {
      if (seal.number !== last.number + 1)
        findings.push(`seal ${last.number + 1} is missing before that of ${seal.date}`)
      if (!same(seal.previous, last.hash)) findings.push(`the seal of ${seal.date} does not follow the one before it`)
      last = seal
    }
    return findings
  }

  async #ledgerFindings({ date, ledger, seal }: LotteryState): Promise<string[]> {
    const findings = await checkTree({
      ...ledger,
      read: readNodesOf(this.#nodes, date),
      nameOf: (index) => `ballot ${index + 1}`,
      plural: 'ballots',
    })
    const [first] = await this.#queries.ballots({ date, after: Number.MIN_SAFE_INTEGER, limit: 1 })
    if (first && first.ordinal < 1) findings.push(`ballot ${first.ordinal} is stored before the first`)
    const [surplus] = await this.#queries.ballots({ date, after: ledger.size, limit: 1 })
    if (surplus && seal) findings.push(`ballot ${surplus.ordinal} is stored beyond the count of the seal`)
    return findings
  }

  #sealFindings(lottery: LotteryState): string[] {
    const { seal, date } = lottery
    if (!seal) return []
    const findings: string[] = []
    if (!same(sealHash(sealFactsOf({ ...lottery, seal })), seal.hash))
      findings.push('the stored facts do not lead to the seal hash')
    if (seal.at < CalendarDate.endOf(date)) findings.push('it was sealed before its day was over')
    return findings
  }

  async #drawFindings(lottery: LotteryState): Promise<string[]> {
    const { date, seal, draw, entropy, ledger } = lottery
    if (!seal || !draw) return []
    const isRevealed =
      entropy.kind === 'drand'
        ? this.#isSignature(entropy, draw.reveal)
        : same(commitmentTo(draw.reveal), entropy.commitment)
    const findings = isRevealed ? [] : ['the randomness is not what the entropy promised']
    if (entropy.kind === 'drand' && seal.late !== (entropy.round !== plannedRound(date, this.#chain))) {
      findings.push('its round and its being late contradict each other')
    }
    const seed = seedOf(randomnessOf(entropy, draw.reveal), seal.hash)
    const [ordinal] = drawOrdinals(seed, ledger.size, seal.excluded)
    const ballot = ordinal === undefined ? undefined : await this.#queries.ballotAt(date, ordinal)
    if (draw.winner?.ordinal !== ordinal || draw.winner?.ballotId !== ballot?.id) {
      findings.push(`the draw gives ordinal ${ordinal ?? 'none'}, stored is ${draw.winner?.ordinal ?? 'none'}`)
    }
    return findings
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}
