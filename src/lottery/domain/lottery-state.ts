import { CompactRange } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { BallotId } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'
import type { Entropy, Reveal } from './entropy.ts'
import type { Seal } from './seal.ts'

/** `open` takes ballots; `sealed` takes none and waits for its draw; `closed` is drawn. It never goes back. */
export type LotteryStatus = 'open' | 'sealed' | 'closed'

/** What a seal fixed, beyond what the lottery's ledger and entropy say. */
export interface SealRecord {
  /** Place in the chain of all seals, from 1. */
  readonly number: number
  /** Ordinals, ascending, of the ballots that cannot win. */
  readonly excluded: readonly number[]
  /** Whether the beacon's round is a later one than the date's. */
  readonly late: boolean
  readonly previous: Hash
  readonly hash: Hash
  readonly at: Instant
}

export interface DrawRecord {
  readonly reveal: Reveal
  readonly winner: { readonly ordinal: number; readonly ballotId: BallotId } | null
  readonly at: Instant
}

/** Everything that is stored of a lottery, but a secret that is not revealed yet. */
export interface LotteryState {
  readonly date: CalendarDate
  readonly ledger: { readonly size: number; readonly hashes: readonly Hash[] }
  readonly entropy: Entropy
  readonly seal: SealRecord | null
  readonly draw: DrawRecord | null
  readonly createdAt: Instant
  /** `seq` of the last domain event. */
  readonly lastSeq: number
}

/** The last seal of the chain of all lotteries; number 0 and zeros before the first. */
export interface LastSeal {
  readonly number: number
  readonly hash: Hash
}

export function statusOf({ seal, draw }: Pick<LotteryState, 'seal' | 'draw'>): LotteryStatus {
  if (draw) return 'closed'
  return seal ? 'sealed' : 'open'
}

/** The seal of a sealed lottery in full, as it is hashed. */
export function sealFactsOf(
  lottery: Pick<LotteryState, 'date' | 'ledger' | 'entropy'> & { seal: Pick<SealRecord, 'excluded' | 'previous'> },
): Seal {
  const { date, ledger, entropy, seal } = lottery
  return {
    date,
    ballotCount: ledger.size,
    root: new CompactRange(ledger.size, ledger.hashes).root,
    excluded: seal.excluded,
    source: entropy.kind === 'drand' ? entropy.chainHash : entropy.commitment,
    round: entropy.kind === 'drand' ? entropy.round : 0,
    previous: seal.previous,
  }
}
