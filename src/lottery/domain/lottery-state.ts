import { headOf, type TreeState } from '../../ledger/domain/growing-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { BallotId } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'
import type { Entropy, Reveal } from './entropy.ts'
import type { ExclusionsTotal, Seal } from './seal.ts'

/** An `open` lottery accepts ballots, a `sealed` one waits for its draw, a `closed` one is drawn. Status never goes back. */
export type LotteryStatus = 'open' | 'sealed' | 'closed'

/** The facts that a seal fixed, besides the lottery's ledger and entropy. */
export interface SealRecord {
  /** Place in the chain of all seals, from 1. */
  readonly number: number
  /** Number of ballots that cannot win. */
  readonly excludedCount: number
  readonly exclusionsHash: Hash
  /** The beacon's round of the draw; 0 without a beacon. */
  readonly round: number
  readonly previous: Hash
  readonly hash: Hash
  readonly at: Instant
}

/** What a seal fixes besides the facts of its lottery. */
export interface SealTerms {
  readonly excluded: ExclusionsTotal
  readonly last: LastSeal
  /** The beacon's round of the draw; 0 without a beacon. */
  readonly round: number
  readonly createdEventId: string
}

export interface DrawRecord {
  readonly reveal: Reveal
  readonly winner: { readonly ordinal: number; readonly ballotId: BallotId } | null
  readonly at: Instant
}

/** All stored facts of a lottery, except its exclusions and a secret that is not revealed yet. */
export interface LotteryState {
  readonly date: CalendarDate
  readonly ledger: TreeState
  readonly entropy: Entropy
  readonly seal: SealRecord | null
  readonly draw: DrawRecord | null
  readonly createdAt: Instant
  /** `seq` of the last domain event. */
  readonly lastSeq: number
}

/** Last seal in the chain of all seals. Before the first seal, it is NO_SEAL. */
export interface LastSeal {
  readonly number: number
  readonly hash: Hash
}

/** Stands in for the predecessor of the first seal. */
export const NO_SEAL: LastSeal = { number: 0, hash: Buffer.alloc(32) }

export function statusOf({ seal, draw }: Pick<LotteryState, 'seal' | 'draw'>): LotteryStatus {
  if (draw) return 'closed'
  return seal ? 'sealed' : 'open'
}

/** All facts that the seal hash covers. */
export function sealFactsOf(
  { date, ledger, entropy }: Pick<LotteryState, 'date' | 'ledger' | 'entropy'>,
  { excludedCount, exclusionsHash, round, previous, at }: Omit<SealRecord, 'number' | 'hash'>,
): Seal {
  return {
    date,
    ballotCount: ledger.size,
    root: headOf(ledger).root,
    excludedCount,
    exclusionsHash,
    kind: entropy.kind,
    source: entropy.kind === 'drand' ? entropy.chainHash : entropy.commitment,
    round,
    at,
    previous,
  }
}
