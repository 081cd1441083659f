import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotArchive } from '../application/ballot-archive.ts'
import type { BallotPlace } from '../application/lottery-queries.ts'
import { type Ballot, type BallotId, isNamed, type StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { LedgerEntry } from '../domain/ledger-proofs.ts'

interface ArchivedBallot {
  readonly lotteryDate: string
  readonly ordinal: number
  readonly id: string
  readonly userId: string | null
  readonly salt: Uint8Array | null
  readonly userCommit: Uint8Array | null
  readonly submittedAt: number
}

interface ArchivedPlace {
  readonly lotteryDate: string
  readonly ordinal: number
}

/** What the archive's context offers. */
interface Archive {
  holds(date: string): Promise<boolean>
  ballot(date: string, id: string): Promise<ArchivedBallot | undefined>
  range(date: string, from: number, to: number): Promise<readonly ArchivedBallot[]>
  ballotsOf(page: {
    readonly userId: string
    readonly before?: ArchivedPlace
    readonly downTo?: ArchivedPlace
    readonly limit: number
  }): Promise<readonly ArchivedBallot[]>
  entries(date: string, size: number, from: number, to: number): Promise<readonly LedgerEntry[]>
  subtrees(date: string, size: number, level: number, from: number, to: number): Promise<readonly Subtree[]>
}

/** Answers the lottery's questions about ballots that have left the database from the service's archive. */
export class ArchivedBallots implements BallotArchive {
  readonly #archive: Archive

  constructor(archive: Archive) {
    this.#archive = archive
  }

  holds(date: CalendarDate): Promise<boolean> {
    return this.#archive.holds(date)
  }

  async ballot(date: CalendarDate, id: BallotId): Promise<StoredBallot | undefined> {
    const ballot = await this.#archive.ballot(date, id)
    return ballot && toStored(ballot)
  }

  async ballots({ date, after, limit }: { date: CalendarDate; after: number; limit: number }) {
    return (await this.#archive.range(date, after + 1, after + limit)).map(toStored)
  }

  async ballotsOf(page: {
    userId: UserId
    before?: BallotPlace
    downTo?: BallotPlace
    limit: number
  }): Promise<readonly Ballot[]> {
    const { userId, before, downTo, limit } = page
    const places = { ...(before && { before: placeOf(before) }), ...(downTo && { downTo: placeOf(downTo) }) }
    const ballots = await this.#archive.ballotsOf({ userId, ...places, limit })
    return ballots.map(toStored).filter(isNamed)
  }

  entries(date: CalendarDate, size: number, from: number, to: number): Promise<readonly LedgerEntry[]> {
    return this.#archive.entries(date, size, from, to)
  }

  subtrees(date: CalendarDate, size: number, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    return this.#archive.subtrees(date, size, level, from, to)
  }
}

function placeOf({ date, ordinal }: BallotPlace): ArchivedPlace {
  return { lotteryDate: date, ordinal }
}

function toStored({ userId, salt, userCommit, ...ballot }: ArchivedBallot): StoredBallot {
  const id = ballot.id as BallotId
  const { ordinal, submittedAt } = ballot
  const place = { lotteryDate: CalendarDate.parse(ballot.lotteryDate), ordinal, submittedAt }
  if (userId !== null && salt) return { id, userId: userId as UserId, ...place, salt }
  if (userCommit) return { id, userId: null, ...place, userCommit }
  throw new Error(`the archived ballot ${id} names no user and has no commitment`)
}
