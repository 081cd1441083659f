import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'
import type { LedgerNodes } from './ledger-proofs.ts'
import type { Lottery } from './lottery.ts'
import type { LastSeal } from './lottery-state.ts'

/** Lotteries that only this unit of work can change until it ends. */
export interface LockedLotteries {
  /** The lotteries that exist, by date. */
  readonly byDate: ReadonlyMap<CalendarDate, Lottery>
  /** The database's clock, read after the last lock was got. */
  readonly at: Instant
}

export interface LotteryRepository {
  /** The database's clock. */
  now(): Promise<Instant>
  /**
   * Locks the lotteries of these dates in date order, waiting while other units of work hold them, and reads them then.
   * Must come first in a unit of work. A date without a lottery is absent from the result.
   */
  lock(dates: readonly CalendarDate[]): Promise<LockedLotteries>
  /**
   * Adds a new lottery with its events and the secret of its entropy, if there is one. When the date has a lottery
   * already, nothing is stored and false is returned.
   */
  add(lottery: Lottery, secret: Uint8Array | undefined): Promise<boolean>
  /** Stores a locked lottery's change with its recorded events and the subtrees that its ballots filled. */
  save(lottery: Lottery): Promise<void>
  /** The secret of a lottery's entropy; undefined when the entropy has none. */
  secretOf(date: CalendarDate): Promise<Uint8Array | undefined>
  /** The last seal of all lotteries. From here to the end of the unit of work, other seals wait. */
  lastSeal(): Promise<LastSeal>
}

export interface BallotRepository extends LedgerNodes {
  /** Stores a batch of ballots of locked lotteries in one statement. */
  add(ballots: readonly Ballot[]): Promise<void>
  /** The ballots with these ids in the lottery of that date. An unknown id has none. */
  find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]>
  /** The ballot at an ordinal; undefined when none is stored. */
  at(date: CalendarDate, ordinal: number): Promise<Ballot | undefined>
  /** The highest stored ordinal; undefined without ballots. */
  lastOrdinal(date: CalendarDate): Promise<number | undefined>
  /** Ordinals, ascending, of all ballots of these users in the lottery of that date. */
  ordinalsOf(date: CalendarDate, userIds: readonly UserId[]): Promise<readonly number[]>
}

/** The repositories of this context's unit of work. */
export interface LotteryRepos {
  readonly lotteries: LotteryRepository
  readonly ballots: BallotRepository
}
