import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState, LotteryStatus } from '../domain/lottery-state.ts'

/** Reads that need no lock: each sees what was committed when it began. Pages end before `limit` only at the end. */
export interface LotteryQueries {
  find(date: CalendarDate): Promise<LotteryState | undefined>
  /** Newest date first, strictly before `before`. */
  list(page: { status?: LotteryStatus; before?: CalendarDate; limit: number }): Promise<readonly LotteryState[]>
  ballot(date: CalendarDate, id: BallotId): Promise<Ballot | undefined>
  /** The ballot at an ordinal; undefined when there is none. */
  ballotAt(date: CalendarDate, ordinal: number): Promise<Ballot | undefined>
  /** Ascending ordinals after `after` (0: from the first). */
  ballots(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly Ballot[]>
  /** Newest date first, then highest ordinal first, strictly before `before`. */
  ballotsOf(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]>
  /** What the database's clock says is to be closed, oldest first, and how far its next midnight is. */
  due(): Promise<{ readonly dates: readonly CalendarDate[]; readonly untilMidnightMs: number }>
  /** How many lotteries there are of each status, and how many of those not closed have their day behind them. */
  counts(): Promise<Readonly<Record<LotteryStatus | 'overdue', number>>>
}

export interface BallotPlace {
  readonly date: CalendarDate
  readonly ordinal: number
}
