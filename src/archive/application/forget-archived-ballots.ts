import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import type { Month } from '../domain/month.ts'
import { ballotFileKey } from '../domain/object-keys.ts'
import { forgotten } from '../domain/user-commit.ts'
import type { ArchiveSession, ArchiveSessions } from './archives.ts'
import type { BallotFileName, BallotFileReader, BallotFileWriter, BallotPages, BallotPlace } from './ballot-files.ts'
import type { MonthSource } from './month-source.ts'
import type { ObjectStore } from './object-store.ts'

/** The files that name users. */
const NAMING_USERS = ['ballots', 'ballots_by_user'] as const
/** Places of a user's ballots in memory at once. */
const PAGE = 1_000

/** Takes a user out of the private files of archived months. Of the public objects, evidence alone names users. */
export class ForgetArchivedBallots {
  readonly #sessions: ArchiveSessions
  readonly #source: MonthSource
  readonly #store: ObjectStore
  readonly #reader: BallotFileReader
  readonly #writer: BallotFileWriter

  constructor(
    sessions: ArchiveSessions,
    source: MonthSource,
    store: ObjectStore,
    reader: BallotFileReader,
    writer: BallotFileWriter,
  ) {
    this.#sessions = sessions
    this.#source = source
    this.#store = store
    this.#reader = reader
    this.#writer = writer
  }

  /**
   * Returns whether no archived ballot names the user any more, except those that evidence names. While another archiver
   * works, a month is being exported, or detached rows wait for their drop, it returns false: the caller calls again later.
   */
  async execute(userId: string): Promise<boolean> {
    const isDone = await this.#sessions.run((session) => this.#forget(userId, session))
    return isDone ?? false
  }

  async #forget(userId: string, session: ArchiveSession): Promise<boolean> {
    let isDone = true
    for (const { state } of await session.list()) {
      const { month, status } = state
      if (status === 'exporting' || status === 'uploaded' || status === 'detached') isDone = false
      if (status !== 'exporting' && status !== 'uploaded') await this.#forgetIn(month, userId)
    }
    return isDone
  }

  /** After an interrupted call, which may have left old versions of the files, the next one removes them. */
  async #forgetIn(month: Month, userId: string): Promise<void> {
    const kept = await this.#keptPlaces(month, userId)
    if (kept) await this.#rewrite(month, userId, kept)
    else for (const name of NAMING_USERS) await this.#store.removeOlderVersions(ballotFileKey(name, month))
  }

  /** The index goes last: while it names the user, an interrupted call is not done. */
  async #rewrite(month: Month, userId: string, kept: ReadonlySet<string>): Promise<void> {
    const isForgotten = (ballot: Pick<ArchivedBallot, 'userId' | 'lotteryDate' | 'ordinal'>) =>
      ballot.userId === userId && !kept.has(keyOf(ballot))
    const ballots = mapping(this.#reader.pages(month, 'ballots'), (ballot) => [
      isForgotten(ballot) ? forgotten(ballot) : ballot,
    ])
    await this.#replace('ballots', month, ballots)
    const places = mapping(this.#reader.pages(month, 'ballots_by_user'), (row) => (isForgotten(row) ? [] : [row]))
    await this.#replace('ballots_by_user', month, places)
    this.#reader.forget(month)
  }

  /** Places of the user's ballots that evidence names; undefined when the user has no other ballots in the month. */
  async #keptPlaces(month: Month, userId: string): Promise<ReadonlySet<string> | undefined> {
    const kept = new Set<string>()
    let count = 0
    for (let before: BallotPlace | undefined; ; ) {
      const places = await this.#reader.placesOf(month, { userId, limit: PAGE, ...(before && { before }) })
      for (const place of await this.#source.keptAt(places)) kept.add(keyOf(place))
      count += places.length
      before = places.at(-1)
      if (places.length < PAGE) return kept.size < count ? kept : undefined
    }
  }

  async #replace<Name extends BallotFileName>(name: Name, month: Month, pages: BallotPages<Name>): Promise<void> {
    const contentType = 'application/vnd.apache.parquet'
    await this.#writer.write(name, pages, (content) =>
      this.#store.replace({ key: ballotFileKey(name, month), content, contentType, isPublic: false }),
    )
  }
}

function keyOf({ lotteryDate, ordinal }: BallotPlace): string {
  return `${lotteryDate}/${ordinal}`
}

async function* mapping<T>(pages: AsyncIterable<readonly T[]>, map: (row: T) => readonly T[]) {
  for await (const page of pages) yield page.flatMap(map)
}
