import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { Ballot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { drawOrdinals, seedOf } from '../domain/draw.ts'
import {
  type BeaconChain,
  commitmentTo,
  type Entropy,
  type Reveal,
  randomnessOf,
  regularRound,
  roundForSeal,
} from '../domain/entropy.ts'
import { type LotteryState, sealFactsOf } from '../domain/lottery-state.ts'
import { type Exclusion, sealHash, totalOf } from '../domain/seal.ts'
import type { StoredLottery } from './lottery-check-queries.ts'

/** Reports whether a reveal is the beacon's signature of a lottery's round. */
export type IsBeaconSignature = (entropy: Entropy & { kind: 'drand' }, reveal: Reveal) => boolean

/** Recomputes a lottery's seal and draw from its stored facts, and compares them with the stored ones. */
export class CheckDraw {
  readonly #chain: BeaconChain
  readonly #isSignature: IsBeaconSignature

  constructor(chain: BeaconChain, isSignature: IsBeaconSignature) {
    this.#chain = chain
    this.#isSignature = isSignature
  }

  /** Returns a sentence for every difference. `winning` is the stored ballot at the stored winner's ordinal. */
  execute(lottery: StoredLottery, exclusions: readonly Exclusion[], winning: Ballot | undefined): string[] {
    return [
      ...this.#entropyFindings(lottery),
      ...this.#sealFindings(lottery.state, exclusions),
      ...this.#drawFindings(lottery.state, exclusions, winning),
    ]
  }

  #entropyFindings({ state: { date, entropy, draw }, secret }: StoredLottery): string[] {
    if (entropy.kind === 'drand') {
      const findings = secret ? ['a secret is stored, although the beacon gives the randomness'] : []
      if (entropy.round !== regularRound(date, this.#chain))
        findings.push('the regular round of the beacon does not follow from the date')
      return findings
    }
    if (!secret) return ['the secret is not stored']
    if (!sameBytes(commitmentTo(secret), entropy.commitment)) return ['the secret does not fit the commitment']
    return draw && !sameBytes(draw.reveal, secret) ? ['the revealed secret is not the stored secret'] : []
  }

  #sealFindings(lottery: LotteryState, exclusions: readonly Exclusion[]): string[] {
    const { seal, date, entropy } = lottery
    if (!seal) return []
    const findings: string[] = []
    if (!sameBytes(sealHash(sealFactsOf(lottery, seal)), seal.hash))
      findings.push('the stored facts do not lead to the seal hash')
    if (seal.at < CalendarDate.endOf(date)) findings.push('the lottery was sealed before its day was over')
    if (seal.round !== (entropy.kind === 'drand' ? roundForSeal(date, seal.at, this.#chain) : 0))
      findings.push('the round of the seal does not follow from its time')
    if (exclusions.length !== seal.excludedCount || !sameBytes(totalOf(exclusions).hash, seal.exclusionsHash))
      findings.push('the stored exclusions are not those of the seal')
    return findings
  }

  #drawFindings(lottery: LotteryState, exclusions: readonly Exclusion[], winning: Ballot | undefined): string[] {
    const { seal, draw, entropy, ledger } = lottery
    if (!seal || !draw) return []
    const isRevealed =
      entropy.kind === 'drand'
        ? this.#isSignature({ ...entropy, round: seal.round }, draw.reveal)
        : sameBytes(commitmentTo(draw.reveal), entropy.commitment)
    const findings = isRevealed ? [] : ['the stored randomness does not match the entropy']
    if (draw.at < seal.at) findings.push('the lottery was closed before it was sealed')
    const seed = seedOf(randomnessOf(entropy, draw.reveal), seal.hash)
    const excluded = exclusions.map((exclusion) => exclusion.ordinal)
    const [ordinal] = drawOrdinals(seed, ledger.size, excluded)
    if (draw.winner?.ordinal !== ordinal)
      findings.push(`the draw gives ordinal ${ordinal ?? 'none'}, stored is ${draw.winner?.ordinal ?? 'none'}`)
    if (draw.winner && draw.winner.ballotId !== winning?.id)
      findings.push(`the stored winner is not the ballot at its ordinal, ${draw.winner.ordinal}`)
    return findings
  }
}
