import { LRUCache } from 'lru-cache'
import type {
  BallotFileName,
  BallotFileReader,
  BallotFileRow,
  BallotPages,
  BallotPlace,
} from '../application/ballot-files.ts'
import type { ObjectStore } from '../application/object-store.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import { ArchiveBroken } from '../domain/errors.ts'
import { Month } from '../domain/month.ts'
import { ballotFileKey } from '../domain/object-keys.ts'
import { ParquetFile, type ParquetGroup } from './parquet-file.ts'
import { FORMATS } from './parquet-formats.ts'
import { firstIndex, keyOfId, keyOfPlace, keyOfUser, LAST_KEY } from './parquet-keys.ts'
import type { PackedRows } from './parquet-packed-rows.ts'

/** Bytes of parsed footers that are kept. Those of a month of 10,000,000 ballots take about 16 MB. */
const FOOTER_BYTES = 32 * 1024 * 1024
/** Bytes of decoded row groups that are kept. One takes about 0.75 MB at most. */
const GROUP_BYTES = 16 * 1024 * 1024
/** Rows that are objects at once, while all of a file are read. */
const PAGE = 1_024
/** Milliseconds that a row group is kept. Another process may replace the file, to forget a user. */
const GROUP_AGE_MS = 10_000

interface FileOfMonth {
  readonly month: Month
  readonly name: BallotFileName
}

/**
 * Reads the Parquet files of ballots. Footers and recent row groups are kept in memory. When a file was replaced, what is
 * kept of its footer fits no longer: then the group that is read does not decode, or has other rows, and the
 * look-up starts again with the new footer.
 */
export class ParquetBallotFileReader implements BallotFileReader {
  readonly #store: ObjectStore
  readonly #files: LRUCache<string, ParquetFile, FileOfMonth>
  readonly #groups: LRUCache<ParquetGroup, PackedRows, ParquetFile>

  constructor(store: ObjectStore) {
    this.#store = store
    this.#files = new LRUCache<string, ParquetFile, FileOfMonth>({
      maxSize: FOOTER_BYTES,
      sizeCalculation: ({ size }) => size,
      fetchMethod: (_key, _stale, { context: { month, name } }) => ParquetFile.open(store, month, name),
      ignoreFetchAbort: true,
    })
    this.#groups = new LRUCache<ParquetGroup, PackedRows, ParquetFile>({
      maxSize: GROUP_BYTES,
      ttl: GROUP_AGE_MS,
      ttlAutopurge: true,
      sizeCalculation: ({ size }) => size,
      fetchMethod: (group, _stale, { context: file }) => file.rowsOf(group),
      ignoreFetchAbort: true,
    })
  }

  async range(date: string, from: number, to: number): Promise<readonly ArchivedBallot[]> {
    return this.#between('ballots', Month.ofDate(date), keyOfPlace(date, from), keyOfPlace(date, to))
  }

  async ordinalOf(date: string, id: string): Promise<number | undefined> {
    const key = keyOfId(date, id)
    const rows = await this.#between('ballots_by_id', Month.ofDate(date), key, key)
    return rows[0]?.ordinal
  }

  placesOf(
    month: Month,
    page: { readonly userId: string; readonly before?: BallotPlace; readonly limit: number },
  ): Promise<readonly BallotPlace[]> {
    const { userId, before, limit } = page
    const from = keyOfUser(userId, '')
    const end = keyOfUser(userId, before ? keyOfPlace(before.lotteryDate, before.ordinal) : LAST_KEY)
    const { keyAt, rowAt } = FORMATS.ballots_by_user
    return this.#reading(month, 'ballots_by_user', async (file) => {
      const places: BallotPlace[] = []
      for (const group of file.groupsBetween(from, end).toReversed()) {
        const rows = await this.#groups.forceFetch(group, { context: file })
        let index = firstIndex(rows.count, (at) => keyAt(rows, at) >= end)
        while (index-- > 0 && keyAt(rows, index) >= from && places.length < limit) {
          const { lotteryDate, ordinal } = rowAt(rows, index)
          places.push({ lotteryDate, ordinal })
        }
        if (places.length >= limit) break
      }
      return places
    })
  }

  async *pages<Name extends BallotFileName>(month: Month, name: Name): BallotPages<Name> {
    const file = await ParquetFile.open(this.#store, month, name)
    const { rowAt } = FORMATS[name]
    for (const group of file.groups) {
      const rows = await file.rowsOf(group)
      for (let from = 0; from < rows.count; from += PAGE) {
        yield Array.from({ length: Math.min(PAGE, rows.count - from) }, (_, n) => rowAt(rows, from + n))
      }
    }
  }

  forget(month: Month): void {
    this.#forget(month, 'ballots')
    this.#forget(month, 'ballots_by_id')
    this.#forget(month, 'ballots_by_user')
  }

  /** Returns the rows of the keys `from` to `to`, both included, in order. */
  #between<Name extends BallotFileName>(
    name: Name,
    month: Month,
    from: string,
    to: string,
  ): Promise<BallotFileRow<Name>[]> {
    const { keyAt, rowAt } = FORMATS[name]
    return this.#reading(month, name, async (file) => {
      const found: BallotFileRow<Name>[] = []
      for (const group of file.groupsBetween(from, to)) {
        const rows = await this.#groups.forceFetch(group, { context: file })
        const end = firstIndex(rows.count, (index) => keyAt(rows, index) > to)
        for (let index = firstIndex(rows.count, (at) => keyAt(rows, at) >= from); index < end; index++) {
          found.push(rowAt(rows, index))
        }
      }
      return found
    })
  }

  /** Reads a file by what is kept of it; and once more without, when that does not fit the file. */
  async #reading<T>(month: Month, name: BallotFileName, read: (file: ParquetFile) => Promise<T>): Promise<T> {
    const open = () => this.#files.forceFetch(ballotFileKey(name, month), { context: { month, name } })
    try {
      return await read(await open())
    } catch (error) {
      this.#forget(month, name)
      if (!(error instanceof ArchiveBroken)) throw error
      return read(await open())
    }
  }

  /** Forgets a footer, and with it the row groups: they are found by way of it only, and are gone after `GROUP_AGE_MS`. */
  #forget(month: Month, name: BallotFileName): void {
    this.#files.delete(ballotFileKey(name, month))
  }
}
