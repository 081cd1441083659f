import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Ballot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'

/** A ballot that its lottery's evidence names. It stays when the other ballots leave the database. */
export interface KeptBallot extends Ballot {
  /** Hashes of the proof that the ballot is in the sealed ledger; null unless the ballot won. */
  readonly proof: readonly Hash[] | null
}

export interface KeptPlace {
  /** `YYYY-MM-DD` */
  readonly lotteryDate: string
  readonly ordinal: number
}

/** Port to the kept ballots. One that is kept is never changed and never removed. */
export interface KeptBallots {
  /** Keeps a ballot, unless it is kept already. */
  add(ballot: KeptBallot): Promise<void>
  /**
   * Keeps the excluded ballots that are stored, by ascending ordinal, strictly after `after`. Returns the ordinal of the last
   * exclusion of this page; undefined after the last page.
   */
  addExcluded(page: { date: CalendarDate; after: number; limit: number }): Promise<number | undefined>
  find(date: CalendarDate, ordinal: number): Promise<KeptBallot | undefined>
  /** Returns those of these places whose ballots are kept. */
  keptAt<Place extends KeptPlace>(places: readonly Place[]): Promise<readonly Place[]>
  /** Returns kept ballots by ascending ordinal, strictly after `after`. Only the last page is shorter than `limit`. */
  list(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly KeptBallot[]>
}
