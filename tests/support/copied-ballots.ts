import { CompactRange, leafHash, type Subtree } from '../../src/ledger/domain/merkle-tree.ts'
import { isStored } from '../../src/ledger/domain/tree-proofs.ts'
import type { BallotArchive } from '../../src/lottery/application/ballot-archive.ts'
import type { BallotPlace } from '../../src/lottery/application/lottery-queries.ts'
import { type Ballot, type BallotId, isNamed, type StoredBallot } from '../../src/lottery/domain/ballot.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { ledgerEntryOf } from '../../src/lottery/domain/ledger-entry.ts'
import type { LedgerEntry } from '../../src/lottery/domain/ledger-proofs.ts'
import { ServiceError } from '../../src/shared/domain/service-error.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'

class ArchiveUnavailable extends ServiceError {
  constructor() {
    super('unavailable', 'archive_unavailable', 'The archive does not answer.')
  }
}

/** An archive over copies of ballots, which a test fills, shuts, and watches. */
export class CopiedBallots implements BallotArchive {
  /** By date, in ordinal order. */
  readonly copies = new Map<CalendarDate, readonly StoredBallot[]>()
  /** The months that it holds, `YYYY-MM`. */
  readonly months = new Set<string>()
  /** Names of the calls so far. */
  readonly calls: string[] = []
  isAway = false
  /** Runs once, before the next call is answered. */
  beforeNextAnswer: () => Promise<void> = async () => {}

  async holds(date: CalendarDate): Promise<boolean> {
    await this.#enter('holds')
    return this.months.has(date.slice(0, 7))
  }

  async ballot(date: CalendarDate, id: BallotId): Promise<StoredBallot | undefined> {
    await this.#enter('ballot')
    return this.#of(date).find((ballot) => ballot.id === id)
  }

  async ballots(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly StoredBallot[]> {
    await this.#enter('ballots')
    return this.#of(page.date).slice(page.after, page.after + page.limit)
  }

  async ballotsOf(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]> {
    await this.#enter('ballotsOf')
    const { userId, before, limit } = page
    return [...this.copies.keys()]
      .sort()
      .flatMap((date) => (this.months.has(date.slice(0, 7)) ? this.#of(date) : []))
      .filter(isNamed)
      .filter((ballot) => ballot.userId === userId && (!before || isBefore(ballot, before)))
      .reverse()
      .slice(0, limit)
  }

  async entries(date: CalendarDate, size: number, from: number, to: number): Promise<readonly LedgerEntry[]> {
    await this.#enter('entries')
    return this.#entriesOf(date, size).slice(from - 1, to)
  }

  async subtrees(
    date: CalendarDate,
    size: number,
    level: number,
    from: number,
    to: number,
  ): Promise<readonly Subtree[]> {
    await this.#enter('subtrees')
    const filled: Subtree[] = []
    const range = new CompactRange()
    for (const { entry } of this.#entriesOf(date, size)) {
      range.append(leafHash(entry), (subtree) => isStored(subtree) && filled.push(subtree))
    }
    return filled.filter((subtree) => subtree.level === level && subtree.index >= from && subtree.index <= to)
  }

  #entriesOf(date: CalendarDate, size: number): LedgerEntry[] {
    const ballots = this.#of(date)
    if (ballots.length !== size) throw new Error(`the ledger of ${date} has ${ballots.length} entries, not ${size}`)
    return ballots.map((ballot) => ({ ordinal: ballot.ordinal, entry: ledgerEntryOf(ballot) }))
  }

  #of(date: CalendarDate): readonly StoredBallot[] {
    return this.copies.get(date) ?? []
  }

  async #enter(call: string): Promise<void> {
    this.calls.push(call)
    const before = this.beforeNextAnswer
    this.beforeNextAnswer = async () => {}
    await before()
    if (this.isAway && call !== 'holds') throw new ArchiveUnavailable()
  }
}

function isBefore({ lotteryDate, ordinal }: Ballot, place: BallotPlace): boolean {
  return lotteryDate < place.date || (lotteryDate === place.date && ordinal < place.ordinal)
}
