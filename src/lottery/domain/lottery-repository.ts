import type { Instant } from '../../shared/domain/instant.ts'
import type { Ballot, BallotId, StoredBallot } from './ballot.ts'
import type { CalendarDate } from './calendar-date.ts'
import type { LedgerNodes } from './ledger-proofs.ts'
import type { Lottery } from './lottery.ts'
import type { LastSeal } from './lottery-state.ts'
import type { Ban } from './participants.ts'
import type { Exclusion } from './seal.ts'

/** Lotteries that only this unit of work can change until it ends. */
export interface LockedLotteries {
  /** Existing lotteries by date. */
  readonly byDate: ReadonlyMap<CalendarDate, Lottery>
  /** Time of the database's clock, read after the last lock was taken. */
  readonly at: Instant
}

export interface LotteryRepository {
  /** Returns the time of the database's clock. */
  now(): Promise<Instant>
  /**
   * Locks the lotteries of these dates in date order, then reads them. Waits while other units of work hold the locks.
   * Must be the first call in a unit of work. A date without a lottery is absent from the result.
   */
  lock(dates: readonly CalendarDate[]): Promise<LockedLotteries>
  /**
   * Adds a new lottery with its events and, where its entropy has one, its secret. Returns false and stores nothing when
   * the date has a lottery already.
   */
  add(lottery: Lottery, secret: Uint8Array | undefined): Promise<boolean>
  /**
   * Stores the changes of a locked lottery with its recorded events, the subtrees that its ballots filled, and its seal.
   */
  save(lottery: Lottery): Promise<void>
  /** Stores exclusions of a locked lottery that the same unit of work seals. */
  addExclusions(date: CalendarDate, exclusions: readonly Exclusion[]): Promise<void>
  /** Returns the secret of a lottery's entropy; undefined when the entropy has none. */
  secretOf(date: CalendarDate): Promise<Uint8Array | undefined>
  /** Returns the id of the event of a lottery's creation. */
  createdEventOf(date: CalendarDate): Promise<string>
  /** Returns the exclusions of a sealed lottery, page by page, by ascending ordinal. */
  exclusionsOf(date: CalendarDate): AsyncIterable<readonly Exclusion[]>
  /** Returns the last seal of all lotteries. Until this unit of work ends, the same call in another one waits. */
  lastSeal(): Promise<LastSeal>
}

export interface BallotRepository extends LedgerNodes {
  /** Stores a batch of ballots of locked lotteries in one statement. */
  add(ballots: readonly Ballot[]): Promise<void>
  /** Returns the ballots with these ids in the lottery of this date, and omits unknown ids and forgotten users. */
  find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]>
  /** Returns the ballot at an ordinal; undefined when none is stored. */
  at(date: CalendarDate, ordinal: number): Promise<StoredBallot | undefined>
  /** Returns the highest stored ordinal; undefined when no ballot is stored. */
  lastOrdinal(date: CalendarDate): Promise<number | undefined>
  /**
   * Returns all ballots of banned users in the lottery of this date, page by page, by ascending ordinal, each with its user's
   * ban.
   */
  ofBanned(date: CalendarDate, bans: readonly Ban[]): AsyncIterable<readonly Exclusion[]>
}

/** The repositories of this context's unit of work. */
export interface LotteryRepos {
  readonly lotteries: LotteryRepository
  readonly ballots: BallotRepository
}
