import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import type { Month } from '../domain/month.ts'
import type { LocalFile } from './object-store.ts'

/** The three files of a month's ballots. `ballots` has all columns; the others find ballots in it. */
export type BallotFileName = 'ballots' | 'ballots_by_id' | 'ballots_by_user'

interface BallotFileRows {
  readonly ballots: ArchivedBallot
  readonly ballots_by_id: Pick<ArchivedBallot, 'lotteryDate' | 'id' | 'ordinal'>
  readonly ballots_by_user: Pick<ArchivedBallot, 'userId' | 'lotteryDate' | 'ordinal'>
}

/** What a file tells of a ballot. */
export type BallotFileRow<Name extends BallotFileName> = BallotFileRows[Name]

/** Rows of a file in its order, a page in memory at a time. */
export type BallotPages<Name extends BallotFileName = 'ballots'> = AsyncIterable<readonly BallotFileRow<Name>[]>

/** Place of a ballot. Places are ordered by date, then by ordinal. */
export interface BallotPlace {
  readonly lotteryDate: string
  readonly ordinal: number
}

/** Writes the files of ballots. Their bytes follow from the rows alone. */
export interface BallotFileWriter {
  /**
   * Writes one file to a temporary folder, and calls `use` with it. Afterwards, the file is removed. Rows come by date and
   * ordinal for `ballots`; by date and id for `ballots_by_id`; by user, date and ordinal for `ballots_by_user`, without the
   * ballots of forgotten users. Memory stays within some 100 MB at any number of rows.
   *
   * @throws RangeError when rows are out of order, or come twice
   */
  write<Name extends BallotFileName, T>(
    name: Name,
    pages: BallotPages<Name>,
    use: (file: LocalFile, rows: number) => Promise<T>,
  ): Promise<T>
}

/**
 * Reads the files of ballots in the store, by ranges of bytes. Methods throw ArchiveUnavailable | ObjectMissing, and
 * ArchiveBroken when a file cannot be decoded.
 */
export interface BallotFileReader {
  /** Returns the ballots of the ordinals `from` to `to`, both included, in order. */
  range(date: string, from: number, to: number): Promise<readonly ArchivedBallot[]>
  /** Returns the ordinal of a ballot; undefined when the lottery has no ballot of this id. */
  ordinalOf(date: string, id: string): Promise<number | undefined>
  /** Returns places of a user's ballots in a month, newest date first, then highest ordinal first, strictly before `before`. */
  placesOf(
    month: Month,
    page: { readonly userId: string; readonly before?: BallotPlace; readonly limit: number },
  ): Promise<readonly BallotPlace[]>
  /** Returns all rows of a file of the month, in its order. Fails when the file is replaced before the last page. */
  pages<Name extends BallotFileName>(month: Month, name: Name): BallotPages<Name>
  /**
   * Forgets what is cached of a month's files. Called after one was replaced. Without this call, another process may read
   * the rows of before for some seconds.
   */
  forget(month: Month): void
}
