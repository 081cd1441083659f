import { sameBytes } from '../../ledger/domain/same-bytes.ts'
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
import { type LotteryState, sealFactsOf } from '../domain/lottery-state.ts'
import { sealHash } from '../domain/seal.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** Reports whether a reveal is the beacon's signature of a lottery's round. */
export type IsBeaconSignature = (entropy: Entropy & { kind: 'drand' }, reveal: Reveal) => boolean

/** Recomputes a lottery's seal and draw from its stored facts, and compares them with the stored ones. */
export class CheckDraw {
  readonly #queries: LotteryQueries
  readonly #chain: BeaconChain
  readonly #isSignature: IsBeaconSignature

  constructor(queries: LotteryQueries, chain: BeaconChain, isSignature: IsBeaconSignature) {
    this.#queries = queries
    this.#chain = chain
    this.#isSignature = isSignature
  }

  /** Returns a sentence for every difference. */
  async execute(lottery: LotteryState): Promise<string[]> {
    return [...this.#sealFindings(lottery), ...(await this.#drawFindings(lottery))]
  }

  #sealFindings(lottery: LotteryState): string[] {
    const { seal, date } = lottery
    if (!seal) return []
    const findings: string[] = []
    if (!sameBytes(sealHash(sealFactsOf({ ...lottery, seal })), seal.hash))
      findings.push('the stored facts do not lead to the seal hash')
    if (seal.at < CalendarDate.endOf(date)) findings.push('the lottery was sealed before its day was over')
    return findings
  }

  async #drawFindings(lottery: LotteryState): Promise<string[]> {
    const { date, seal, draw, entropy, ledger } = lottery
    if (!seal || !draw) return []
    const isRevealed =
      entropy.kind === 'drand'
        ? this.#isSignature(entropy, draw.reveal)
        : sameBytes(commitmentTo(draw.reveal), entropy.commitment)
    const findings = isRevealed ? [] : ['the stored randomness does not match the entropy']
    if (entropy.kind === 'drand' && seal.late !== (entropy.round !== plannedRound(date, this.#chain))) {
      findings.push('the round and the flag `late` contradict each other')
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
