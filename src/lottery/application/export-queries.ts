import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'

/** First and last day of a range of dates, both included. */
export interface Days {
  readonly first: CalendarDate
  readonly last: CalendarDate
}

/** Reads of the ballots that leave the database. Only the last page is shorter than `limit`. */
export interface ExportQueries {
  /** Returns the dates of all lotteries before `before`, oldest first. */
  datesBefore(before: CalendarDate): Promise<readonly CalendarDate[]>
  /** Returns the lotteries of these days, oldest first. */
  lotteries(days: Days): Promise<readonly LotteryState[]>
  /** Returns the dates of lotteries with an event that is not in the audit log, or not published, oldest first. */
  withPendingEvents(days: Days): Promise<readonly CalendarDate[]>
  /** Returns ballots by ascending ordinal, strictly after `after`. */
  byOrdinal(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly StoredBallot[]>
  /** Returns ballots by ascending id, strictly after `after`. */
  byId(page: { date: CalendarDate; after: BallotId | undefined; limit: number }): Promise<readonly StoredBallot[]>
  /** Returns ballots that name their users by ascending user, date and ordinal, strictly after `after`. */
  byUser(page: Days & { after: UserPlace | undefined; limit: number }): Promise<readonly Ballot[]>
}

export interface UserPlace {
  readonly userId: UserId
  readonly lotteryDate: CalendarDate
  readonly ordinal: number
}
