import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { Ban } from '../domain/participants.ts'
import type { Exclusion } from '../domain/seal.ts'
import type { ChainedSeal } from './check-seal-chain.ts'

/** A recorded event and its place in the audit log; null until the event is appended there. */
export interface LoggedEvent extends RecordedEvent {
  readonly auditIndex: number | null
}

/** Everything that is stored of a lottery, except its ballots, subtrees and exclusions. */
export interface StoredLottery {
  readonly state: LotteryState
  /** Columns of the lottery's row that do not say what the state says. */
  readonly oddColumns: readonly string[]
  readonly secret: Uint8Array | undefined
  /** Events of the lottery by ascending `seq`. */
  readonly events: readonly LoggedEvent[]
}

/** Numbers of rows of a lottery's ledger, read together. */
export interface LedgerCounts {
  /** The ballot count of the lottery's row. */
  readonly size: number
  /** Lowest and highest stored ordinal; null without ballots. */
  readonly first: number | null
  readonly last: number | null
  readonly subtrees: number
}

/** `detached`: the rows are no part of the tables any more, and may come back. `dropped`: they are gone. */
export type Departure = 'detached' | 'dropped'

/** Rows of a table for a date that has no lottery. */
export interface StrayRows {
  /** Name of the rows, such as `ballots`. */
  readonly rows: string
  readonly date: string
}

/**
 * Reads of the check, without locks. Each sees the rows that were committed when it began, so that a check beside a
 * running service does not mistake a change for a difference.
 */
export interface LotteryCheckQueries {
  find(date: CalendarDate): Promise<StoredLottery | undefined>
  /** Returns lotteries, newest date first, strictly before `before`. */
  list(page: { before?: CalendarDate; limit: number }): Promise<readonly StoredLottery[]>
  /** Returns the ballots of the ordinals `from` to `to`, both included, in order. */
  ballots(date: CalendarDate, from: number, to: number): Promise<readonly StoredBallot[]>
  ledgerCounts(date: CalendarDate): Promise<LedgerCounts>
  /** How far the ballots of a date have left the database for the archive; undefined while they should be stored. */
  departureOf(date: CalendarDate): Promise<Departure | undefined>
  /** Returns exclusions by ascending ordinal, strictly after `after`, whether or not their ballots exist. */
  exclusions(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly Exclusion[]>
  /** Returns the ballots of these banned users, stored or kept, each with its user's ban. */
  ofBanned(date: CalendarDate, bans: readonly Ban[]): Promise<readonly Exclusion[]>
  /** Returns the seals of all lotteries by ascending number. */
  seals(): Promise<readonly ChainedSeal[]>
  /** Returns the first date without a lottery of each table that holds such dates. */
  strayRows(): Promise<readonly StrayRows[]>
}

/** A ban in force at a seal. */
interface LoggedBan extends Ban {
  readonly userId: UserId
  readonly auditIndex: number
}

/** Port of the check to the history of the users. */
export interface BanHistory {
  /**
   * Returns bans in force at a moment, in log order, strictly after the index `after`. A ban is in force when its event is
   * its user's latest ban or unban event of those that stand before the index `before` and occurred at `at` or earlier.
   */
  inForce(page: { before: number; at: number; after: number; limit: number }): Promise<readonly LoggedBan[]>
}
