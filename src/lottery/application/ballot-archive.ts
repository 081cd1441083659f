import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LedgerEntry } from '../domain/ledger-proofs.ts'
import type { BallotPlace } from './lottery-queries.ts'

/**
 * Port to the ballots that have left the database. They leave by whole months, and may come back. Each method but `holds`
 * throws a ServiceError, `archive_unavailable`, when the archive does not answer.
 */
export interface BallotArchive {
  /**
   * Reports whether the ballots of a date have left the database, or are about to. It is true from before they leave until
   * after they are back, so a reader who misses them in the database finds them here, or in the database again.
   */
  holds(date: CalendarDate): Promise<boolean>
  ballot(date: CalendarDate, id: BallotId): Promise<StoredBallot | undefined>
  /** Returns the `limit` ballots after the ordinal `after`, in order. The lottery has as many. */
  ballots(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly StoredBallot[]>
  /**
   * Returns ballots of a user in the months that `holds` is true of, newest date first, then highest ordinal first, strictly
   * before `before`. Ballots after `downTo` in this order are not needed.
   */
  ballotsOf(page: {
    userId: UserId
    before?: BallotPlace
    downTo?: BallotPlace
    limit: number
  }): Promise<readonly Ballot[]>
  /** Returns the entries of the ordinals `from`..`to`, both included, in order. `size` is the ledger's sealed size. */
  entries(date: CalendarDate, size: number, from: number, to: number): Promise<readonly LedgerEntry[]>
  /** Returns the subtrees of a stored level with the indexes `from`..`to`, both included, in order. */
  subtrees(date: CalendarDate, size: number, level: number, from: number, to: number): Promise<readonly Subtree[]>
}

/** The archive of a service that keeps all ballots in its database. */
export const NO_ARCHIVE: BallotArchive = {
  holds: async () => false,
  ballot: async () => undefined,
  ballots: async () => [],
  ballotsOf: async () => [],
  entries: async () => [],
  subtrees: async () => [],
}
