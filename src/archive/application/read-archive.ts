import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import { Month } from '../domain/month.ts'
import type { ArchiveQueries } from './archives.ts'
import type { BallotFileReader, BallotPlace } from './ballot-files.ts'
import type { LedgerTiles } from './ledger-tiles.ts'

interface PageOfUser {
  readonly userId: string
  readonly before?: BallotPlace
  readonly downTo?: BallotPlace
  readonly limit: number
}

/** Reads ballots and ledgers of archived months from the store. All reads of the store throw ArchiveUnavailable. */
export class ReadArchive {
  readonly #queries: ArchiveQueries
  readonly #ballotFiles: BallotFileReader
  readonly #tiles: LedgerTiles

  constructor(queries: ArchiveQueries, ballotFiles: BallotFileReader, tiles: LedgerTiles) {
    this.#queries = queries
    this.#ballotFiles = ballotFiles
    this.#tiles = tiles
  }

  /** Whether the ballots of a date have left the database, or may leave it at any moment. */
  async holds(date: string): Promise<boolean> {
    const archive = await this.#queries.find(Month.ofDate(date))
    return archive !== undefined && isLeaving(archive)
  }

  async ballot(date: string, id: string): Promise<ArchivedBallot | undefined> {
    const ordinal = await this.#ballotFiles.ordinalOf(date, id)
    if (ordinal === undefined) return undefined
    const [ballot] = await this.#ballotFiles.range(date, ordinal, ordinal)
    return ballot
  }

  /** Returns the ballots of the ordinals `from` to `to`, both included, in order. */
  async range(date: string, from: number, to: number): Promise<readonly ArchivedBallot[]> {
    return this.#ballotFiles.range(date, from, to)
  }

  /**
   * Returns ballots of a user, newest date first, then highest ordinal first, strictly before `before`. Months before that of
   * `downTo` are not read.
   */
  async ballotsOf(page: PageOfUser): Promise<readonly ArchivedBallot[]> {
    const { before, downTo, limit } = page
    const newest = before && Month.ofDate(before.lotteryDate)
    const oldest = downTo && Month.ofDate(downTo.lotteryDate)
    const found: ArchivedBallot[] = []
    for (const archive of await this.#queries.list()) {
      const { month } = archive
      if (!isLeaving(archive) || (newest && month > newest) || (oldest && month < oldest)) continue
      const places = await this.#ballotFiles.placesOf(month, { ...page, limit: limit - found.length })
      for (const { lotteryDate, ordinal } of places)
        found.push(...(await this.#ballotFiles.range(lotteryDate, ordinal, ordinal)))
      if (found.length >= limit) break
    }
    return found
  }

  /** Returns the entries of the ordinals `from` to `to`, both included, of a ledger of `size` entries. */
  async entries(date: string, size: number, from: number, to: number) {
    return this.#tiles.entries(date, size, from, to)
  }

  /** Returns full subtrees of a level, 8 or 16, of the indexes `from` to `to`, both included. */
  async subtrees(date: string, size: number, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    return this.#tiles.subtrees(date, size, level, from, to)
  }
}

function isLeaving({ status }: { readonly status: string }): boolean {
  return status === 'verified' || status === 'detached' || status === 'dropped'
}
