import { CompactRange, leafHash, type Subtree } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import { isStored } from '../../ledger/domain/tree-proofs.ts'
import type { Archive } from '../domain/archive.ts'
import type { ArchivedBallot } from '../domain/archived-ballot.ts'
import { ArchiveBroken, ArchiveNotFound } from '../domain/errors.ts'
import { Month } from '../domain/month.ts'
import type { ArchiveSession, ArchiveSessions } from './archives.ts'
import type { BallotFileReader } from './ballot-files.ts'
import type { ClosedLottery, MonthSource } from './month-source.ts'
import type { OnProgress } from './progress.ts'

/** Brings a month back to the database. What the store holds of it stays there. */
export class RestoreMonth {
  readonly #sessions: ArchiveSessions
  readonly #source: MonthSource
  readonly #ballotFiles: BallotFileReader

  constructor(sessions: ArchiveSessions, source: MonthSource, ballotFiles: BallotFileReader) {
    this.#sessions = sessions
    this.#source = source
    this.#ballotFiles = ballotFiles
  }

  /**
   * Returns whether the month is restored; false while another archiver works.
   *
   * @throws ArchiveNotFound | ArchiveBroken when the rows of the store do not lead to the sealed roots | ArchiveUnavailable
   */
  async execute(text: string, onProgress: OnProgress = () => {}): Promise<boolean> {
    const month = Month.parse(text)
    const isDone = await this.#sessions.run(async (session) => {
      await this.#restore(month, session, onProgress)
      return true
    })
    return isDone ?? false
  }

  async #restore(month: Month, session: ArchiveSession, onProgress: OnProgress): Promise<void> {
    await session.partitions.requireOwner()
    const archive = await session.find(month)
    if (!archive) throw new ArchiveNotFound(month)
    if (archive.status === 'exporting' || archive.status === 'uploaded')
      throw new Error(`the month ${month} has not left the database`)
    await this.#bringRows(archive, session, onProgress)
    archive.restore()
    await session.partitions.attach(month)
    await session.save(archive)
  }

  /** Loads what is not there. Tables that an interrupted call attached are whole; those that it did not are made again. */
  async #bringRows(archive: Archive, session: ArchiveSession, onProgress: OnProgress): Promise<void> {
    const { month } = archive.state
    const place = await session.partitions.placeOf(month)
    if (archive.status === 'detached' && place === 'absent') {
      archive.drop(await session.now(), 0) // the archiver died between the drop and its record
      await session.save(archive)
    }
    if (archive.status === 'dropped' && place !== 'attached') await this.#load(month, session, onProgress)
  }

  async #load(month: Month, session: ArchiveSession, onProgress: OnProgress): Promise<void> {
    const lotteries = await this.#source.lotteries(month)
    const of = lotteries.reduce((sum, { ballotCount }) => sum + ballotCount, 0)
    const trees = new Map(lotteries.map(({ date }) => [date, new CompactRange()]))
    let done = 0
    await session.tables.create(month)
    for await (const page of this.#ballotFiles.pages(month, 'ballots')) {
      await session.tables.addBallots(month, page)
      for (const [date, subtrees] of this.#grow(trees, page)) await session.tables.addSubtrees(month, date, subtrees)
      done += page.length
      onProgress(`rows of ${month}`, done, of)
    }
    const findings = lotteries.flatMap((lottery) => findingsOf(lottery, trees.get(lottery.date)))
    if (findings.length === 0) return
    await session.partitions.drop(month)
    throw new ArchiveBroken(month, findings)
  }

  /** Appends ballots to the trees of their lotteries. Returns the subtrees to be stored, by date. */
  #grow(trees: ReadonlyMap<string, CompactRange>, ballots: readonly ArchivedBallot[]): Map<string, Subtree[]> {
    const filled = new Map<string, Subtree[]>()
    for (const ballot of ballots) {
      trees.get(ballot.lotteryDate)?.append(leafHash(this.#source.entryOf(ballot)), (subtree) => {
        if (!isStored(subtree)) return
        const subtrees = filled.get(ballot.lotteryDate) ?? []
        filled.set(ballot.lotteryDate, subtrees)
        subtrees.push(subtree)
      })
    }
    return filled
  }
}

function findingsOf({ date, ballotCount, root }: ClosedLottery, tree = new CompactRange()): string[] {
  if (tree.size !== ballotCount) return [`the lottery of ${date} has ${ballotCount} ballots, the store ${tree.size}`]
  return sameBytes(tree.root, root) ? [] : [`the ballots of ${date} in the store do not lead to the sealed root`]
}
