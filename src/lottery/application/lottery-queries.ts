import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState, LotteryStatus } from '../domain/lottery-state.ts'
import type { Exclusion } from '../domain/seal.ts'

/** Reads without locks. A read sees the rows committed when it began. Only the last page is shorter than `limit`. */
export interface LotteryQueries {
  find(date: CalendarDate): Promise<LotteryState | undefined>
  /** Returns lotteries, newest date first, strictly before `before`. */
  list(page: { status?: LotteryStatus; before?: CalendarDate; limit: number }): Promise<readonly LotteryState[]>
  ballot(date: CalendarDate, id: BallotId): Promise<StoredBallot | undefined>
  /** Returns the ballot at an ordinal; undefined when there is none, or its user is forgotten. */
  ballotAt(date: CalendarDate, ordinal: number): Promise<Ballot | undefined>
  /** Returns ballots by ascending ordinal, strictly after `after`; 0 starts at the first ballot. */
  ballots(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly StoredBallot[]>
  /** Returns ballots of a user, newest date first, then highest ordinal first, strictly before `before`. */
  ballotsOf(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]>
  /** Returns exclusions of a sealed lottery by ascending ordinal, strictly after `after`, with their ballots or kept ones. */
  exclusions(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly ExcludedBallot[]>
  /** Returns the lotteries to be closed by the database's clock, oldest first, and the time until its next midnight. */
  due(): Promise<{ readonly dates: readonly CalendarDate[]; readonly untilMidnightMs: number }>
  /** Counts the lotteries of each status, and as `overdue` those that are not closed although their day is over. */
  counts(): Promise<Readonly<Record<LotteryStatus | 'overdue', number>>>
}

export interface ExcludedBallot extends Exclusion {
  readonly userId: UserId
  readonly salt: Uint8Array
}

export interface BallotPlace {
  readonly date: CalendarDate
  readonly ordinal: number
}
