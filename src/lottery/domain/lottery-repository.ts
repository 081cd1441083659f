import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'
import type { LedgerNodes } from './ledger-proofs.ts'
import type { Lottery } from './lottery.ts'
import type { LastSeal } from './lottery-state.ts'

/** Lotteries that this unit of work alone may change until it ends. */
export interface LockedLotteries {
  /** Those that exist, by date. */
  readonly byDate: ReadonlyMap<CalendarDate, Lottery>
  /** The database's clock, read after the last lock was got. */
  readonly at: Instant
}

export interface LotteryRepository {
  /**
   * Locks the lotteries of these dates in date order, waiting for whoever holds them, and reads them as they are then.
   * Must come first in a unit of work. A date without a lottery is absent from the answer.
   */
  lock(dates: readonly CalendarDate[]): Promise<LockedLotteries>
  /**
   * Adds a new lottery with its events and the secret of its entropy, if that has one. False, and nothing is stored,
   * when its date is taken already.
   */
  add(lottery: Lottery, secret: Uint8Array | undefined): Promise<boolean>
  /** Stores a locked lottery's change together with the events it recorded and the subtrees its ballots filled. */
  save(lottery: Lottery): Promise<void>
  /** The secret of a lottery whose entropy has one; undefined for others. */
  secretOf(date: CalendarDate): Promise<Uint8Array | undefined>
  /** The last seal of all lotteries. Seals wait for each other from here to the end of the unit of work. */
  lastSeal(): Promise<LastSeal>
}

export interface BallotRepository extends LedgerNodes {
  /** Stores ballots of locked lotteries, all in one statement. */
  add(ballots: readonly Ballot[]): Promise<void>
  /** Those of the ids that have a ballot in the lottery of that date. */
  find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]>
  /** The ballot at an ordinal; undefined when there is none. */
  at(date: CalendarDate, ordinal: number): Promise<Ballot | undefined>
  /** The highest ordinal that is stored; undefined without ballots. */
  lastOrdinal(date: CalendarDate): Promise<number | undefined>
  /** Ordinals, ascending, of all ballots these users have in the lottery of that date. */
  ordinalsOf(date: CalendarDate, userIds: readonly UserId[]): Promise<readonly number[]>
}

/** What a unit of work of this context works on. */
export interface LotteryRepos {
  readonly lotteries: LotteryRepository
  readonly ballots: BallotRepository
}
