import type { Subtree } from '../../src/ledger/domain/merkle-tree.ts'
import type { BallotsOfUser } from '../../src/lottery/application/ballots-of-user.ts'
import type { KeptBallot, KeptBallots } from '../../src/lottery/application/kept-ballots.ts'
import type { BallotPlace, ExcludedBallot, LotteryQueries } from '../../src/lottery/application/lottery-queries.ts'
import type { LotteryStorage } from '../../src/lottery/application/lottery-storage.ts'
import { type Ballot, type BallotId, isNamed, type StoredBallot } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { ledgerEntryOf } from '../../src/lottery/domain/ledger-entry.ts'
import type { LedgerEntry, LedgerNodes } from '../../src/lottery/domain/ledger-proofs.ts'
import { Lottery } from '../../src/lottery/domain/lottery.ts'
import type {
  BallotRepository,
  LockedLotteries,
  LotteryRepos,
  LotteryRepository,
} from '../../src/lottery/domain/lottery-repository.ts'
import {
  type LastSeal,
  type LotteryState,
  type LotteryStatus,
  NO_SEAL,
  statusOf,
} from '../../src/lottery/domain/lottery-state.ts'
import type { Ban } from '../../src/lottery/domain/participants.ts'
import type { Exclusion } from '../../src/lottery/domain/seal.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { MemoryBallotsOfUser } from './memory-ballots-of-user.ts'
import {
  eventIdOf,
  type MemoryDatabase,
  MemoryTable,
  type MemoryTransaction,
  MemoryUnitOfWork,
} from './memory-database.ts'
import { MemoryKeptBallots } from './memory-kept-ballots.ts'

const DAY_MS = 86_400_000
/** Lock of the chain of all seals. */
const SEALS = 'lottery seal chain'

/** The committed rows of the lottery context, and the ports over them. */
export class MemoryLotteries implements LotteryStorage {
  readonly database: MemoryDatabase
  readonly lotteries = new MemoryTable<CalendarDate, LotteryState>()
  readonly secrets = new MemoryTable<CalendarDate, Uint8Array>()
  readonly ballots = new MemoryTable<string, StoredBallot>()
  readonly subtrees = new MemoryTable<string, Subtree>()
  readonly exclusions = new MemoryTable<CalendarDate, readonly Exclusion[]>()
  readonly kept = new MemoryTable<string, KeptBallot>()
  readonly unitOfWork: UnitOfWork<LotteryRepos>
  readonly queries: LotteryQueries
  readonly ledgerNodes: LedgerNodes
  readonly keptBallots: KeptBallots
  readonly ballotsOfUser: BallotsOfUser

  constructor(database: MemoryDatabase) {
    this.database = database
    this.unitOfWork = new MemoryUnitOfWork(database, (transaction) => lotteryRepos(transaction, this))
    this.queries = new MemoryLotteryQueries(this)
    this.ledgerNodes = new MemoryLedgerNodes(this)
    this.keptBallots = new MemoryKeptBallots(this)
    this.ballotsOfUser = new MemoryBallotsOfUser(this)
  }

  async prepareMonths(): Promise<void> {}
  async tryWrite(): Promise<void> {}
}

export function lotteryRepos(transaction: MemoryTransaction, store: MemoryLotteries): LotteryRepos {
  return {
    lotteries: new MemoryLotteryRepository(transaction, store),
    ballots: new MemoryBallotRepository(transaction, store),
  }
}

class MemoryLotteryRepository implements LotteryRepository {
  readonly #transaction: MemoryTransaction
  readonly #store: MemoryLotteries

  constructor(transaction: MemoryTransaction, store: MemoryLotteries) {
    this.#transaction = transaction
    this.#store = store
  }

  async now(): Promise<Instant> {
    await this.#transaction.statement()
    return this.#transaction.now
  }

  async lock(dates: readonly CalendarDate[]): Promise<LockedLotteries> {
    await this.#transaction.statement()
    const byDate = new Map<CalendarDate, Lottery>()
    for (const date of [...new Set(dates)].sort()) {
      if (!this.#transaction.get(this.#store.lotteries, date)) continue
      await this.#transaction.lock(`lottery/${date}`)
      const state = this.#transaction.get(this.#store.lotteries, date)
      if (state) byDate.set(date, Lottery.rehydrate(state))
    }
    await this.#transaction.statement()
    return { byDate, at: this.#transaction.now }
  }

  async add(lottery: Lottery, secret: Uint8Array | undefined): Promise<boolean> {
    await this.#transaction.statement()
    // Like an INSERT, this waits while another transaction adds the same key.
    await this.#transaction.lock(`lottery/${lottery.date}`)
    if (this.#transaction.get(this.#store.lotteries, lottery.date)) return false
    if (secret) this.#transaction.set(this.#store.secrets, lottery.date, secret)
    this.#put(lottery)
    return true
  }

  async save(lottery: Lottery): Promise<void> {
    await this.#transaction.statement()
    for (const subtree of lottery.takeFilledSubtrees()) {
      this.#transaction.set(this.#store.subtrees, nodeKeyOf(lottery.date, subtree), subtree)
    }
    this.#put(lottery)
  }

  async createdEventOf(date: CalendarDate): Promise<string> {
    await this.#transaction.statement()
    return eventIdOf(`lottery/${date}`, 1)
  }

  async addExclusions(date: CalendarDate, added: readonly Exclusion[]): Promise<void> {
    await this.#transaction.statement()
    const stored = this.#transaction.get(this.#store.exclusions, date) ?? []
    this.#transaction.set(this.#store.exclusions, date, [...stored, ...added])
  }

  async *exclusionsOf(date: CalendarDate): AsyncGenerator<readonly Exclusion[]> {
    await this.#transaction.statement()
    yield* inPages(this.#transaction.get(this.#store.exclusions, date) ?? [])
  }

  async secretOf(date: CalendarDate): Promise<Uint8Array | undefined> {
    await this.#transaction.statement()
    return this.#transaction.get(this.#store.secrets, date)
  }

  async lastSeal(): Promise<LastSeal> {
    await this.#transaction.statement()
    await this.#transaction.lock(SEALS)
    const seals = this.#transaction.values(this.#store.lotteries).flatMap(({ seal }) => seal ?? [])
    const [last] = seals.sort((a, b) => b.number - a.number)
    return last ? { number: last.number, hash: last.hash } : NO_SEAL
  }

  #put(lottery: Lottery): void {
    this.#transaction.set(this.#store.lotteries, lottery.date, lottery.state)
    this.#transaction.record(lottery.takeEvents())
  }
}

/** Pages of two, so that small lotteries have several. */
function* inPages<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += 2) yield items.slice(from, from + 2)
}

class MemoryBallotRepository implements BallotRepository {
  readonly #transaction: MemoryTransaction
  readonly #store: MemoryLotteries

  constructor(transaction: MemoryTransaction, store: MemoryLotteries) {
    this.#transaction = transaction
    this.#store = store
  }

  async add(added: readonly Ballot[]): Promise<void> {
    await this.#transaction.statement()
    for (const { id, userId, lotteryDate, ordinal, submittedAt, salt } of added) {
      const ballot = { id, userId, lotteryDate, ordinal, submittedAt, salt } // only the fields of a row
      const key = keyOf(lotteryDate, ordinal)
      const taken = this.#transaction.get(this.#store.ballots, key) ?? this.#of(ballot.lotteryDate, [ballot.id])[0]
      if (taken) throw new Error('duplicate key value violates unique constraint')
      this.#transaction.set(this.#store.ballots, key, ballot)
    }
  }

  async find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]> {
    await this.#transaction.statement()
    return this.#of(date, ids).filter(isNamed)
  }

  async at(date: CalendarDate, ordinal: number): Promise<StoredBallot | undefined> {
    await this.#transaction.statement()
    return this.#transaction.get(this.#store.ballots, keyOf(date, ordinal))
  }

  async lastOrdinal(date: CalendarDate): Promise<number | undefined> {
    await this.#transaction.statement()
    const stored = this.#transaction.values(this.#store.ballots).filter(({ lotteryDate }) => lotteryDate === date)
    return stored.length === 0 ? undefined : Math.max(...stored.map(({ ordinal }) => ordinal))
  }

  async *ofBanned(date: CalendarDate, bans: readonly Ban[]): AsyncGenerator<readonly Exclusion[]> {
    await this.#transaction.statement()
    const eventIds = new Map(bans.map(({ userId, eventId }) => [userId, eventId]))
    const excluded = this.#transaction
      .values(this.#store.ballots)
      .filter(({ lotteryDate }) => lotteryDate === date)
      .flatMap(({ ordinal, userId }) => {
        const eventId = userId === null ? undefined : eventIds.get(userId)
        return eventId === undefined ? [] : { ordinal, eventId }
      })
      .sort((a, b) => a.ordinal - b.ordinal)
    yield* inPages(excluded)
  }

  async entries(date: CalendarDate, from: number, to: number): Promise<readonly LedgerEntry[]> {
    await this.#transaction.statement()
    return upTo(from, to, (ordinal) => this.#transaction.get(this.#store.ballots, keyOf(date, ordinal))).map(entryOf)
  }

  async subtrees(date: CalendarDate, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    await this.#transaction.statement()
    return upTo(from, to, (index) => this.#transaction.get(this.#store.subtrees, nodeKeyOf(date, { level, index })))
  }

  #of(date: CalendarDate, ids: readonly BallotId[]): StoredBallot[] {
    return this.#transaction
      .values(this.#store.ballots)
      .filter(({ lotteryDate, id }) => lotteryDate === date && ids.includes(id))
  }
}

function entryOf(ballot: StoredBallot): LedgerEntry {
  return { ordinal: ballot.ordinal, entry: ledgerEntryOf(ballot) }
}

/** The committed nodes of the ledgers. */
class MemoryLedgerNodes implements LedgerNodes {
  readonly #store: MemoryLotteries

  constructor(store: MemoryLotteries) {
    this.#store = store
  }

  async entries(date: CalendarDate, from: number, to: number): Promise<readonly LedgerEntry[]> {
    await this.#store.database.reach()
    return upTo(from, to, (ordinal) => this.#store.ballots.rows.get(keyOf(date, ordinal))).map(entryOf)
  }

  async subtrees(date: CalendarDate, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    await this.#store.database.reach()
    return upTo(from, to, (index) => this.#store.subtrees.rows.get(nodeKeyOf(date, { level, index })))
  }
}

class MemoryLotteryQueries implements LotteryQueries {
  readonly #store: MemoryLotteries

  constructor(store: MemoryLotteries) {
    this.#store = store
  }

  async find(date: CalendarDate): Promise<LotteryState | undefined> {
    await this.#store.database.reach()
    return this.#store.lotteries.rows.get(date)
  }

  async list(page: { status?: LotteryStatus; before?: CalendarDate; limit: number }): Promise<readonly LotteryState[]> {
    const { status, before, limit } = page
    return (await this.#lotteries())
      .filter((lottery) => (!status || statusOf(lottery) === status) && (!before || lottery.date < before))
      .sort((a, b) => (a.date < b.date ? 1 : -1))
      .slice(0, limit)
  }

  async ballot(date: CalendarDate, id: BallotId): Promise<StoredBallot | undefined> {
    return (await this.#ballots()).find((ballot) => ballot.lotteryDate === date && ballot.id === id)
  }

  async ballotAt(date: CalendarDate, ordinal: number): Promise<Ballot | undefined> {
    await this.#store.database.reach()
    const ballot = this.#store.ballots.rows.get(keyOf(date, ordinal))
    return ballot && isNamed(ballot) ? ballot : undefined
  }

  async ballots({ date, after, limit }: { date: CalendarDate; after: number; limit: number }): Promise<StoredBallot[]> {
    return (await this.#ballots())
      .filter(({ lotteryDate, ordinal }) => lotteryDate === date && ordinal > after)
      .sort((a, b) => a.ordinal - b.ordinal)
      .slice(0, limit)
  }

  async ballotsOf(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]> {
    const { userId, before, limit } = page
    const isBefore = ({ lotteryDate, ordinal }: Ballot) =>
      !before || lotteryDate < before.date || (lotteryDate === before.date && ordinal < before.ordinal)
    return (await this.#ballots())
      .filter(isNamed)
      .filter((ballot) => ballot.userId === userId && isBefore(ballot))
      .sort((a, b) =>
        a.lotteryDate === b.lotteryDate ? b.ordinal - a.ordinal : a.lotteryDate < b.lotteryDate ? 1 : -1,
      )
      .slice(0, limit)
  }

  async exclusions(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly ExcludedBallot[]> {
    await this.#store.database.reach()
    return (this.#store.exclusions.rows.get(page.date) ?? [])
      .filter(({ ordinal }) => ordinal > page.after)
      .slice(0, page.limit)
      .map((exclusion) => {
        const key = keyOf(page.date, exclusion.ordinal)
        const { userId, salt } = (this.#store.ballots.rows.get(key) ?? this.#store.kept.rows.get(key)) as Ballot
        return { ...exclusion, userId, salt }
      })
  }

  async due(): Promise<{ readonly dates: readonly CalendarDate[]; readonly untilMidnightMs: number }> {
    const overdue = (await this.#lotteries()).filter((lottery) => this.#isOverdue(lottery))
    return {
      dates: overdue.map(({ date }) => date).sort(),
      untilMidnightMs: DAY_MS - (this.#store.database.clock.now() % DAY_MS),
    }
  }

  async counts(): Promise<Readonly<Record<LotteryStatus | 'overdue', number>>> {
    const counts = { open: 0, sealed: 0, closed: 0, overdue: 0 }
    for (const lottery of await this.#lotteries()) {
      counts[statusOf(lottery)] += 1
      if (this.#isOverdue(lottery)) counts.overdue += 1
    }
    return counts
  }

  #isOverdue({ date, draw }: LotteryState): boolean {
    return !draw && date < CalendarDate.of(this.#store.database.clock.now())
  }

  async #lotteries(): Promise<LotteryState[]> {
    await this.#store.database.reach()
    return [...this.#store.lotteries.rows.values()]
  }

  async #ballots(): Promise<StoredBallot[]> {
    await this.#store.database.reach()
    return [...this.#store.ballots.rows.values()]
  }
}

/** Returns the existing rows with the numbers `from`..`to`, in order. */
function upTo<Row>(from: number, to: number, row: (n: number) => Row | undefined): Row[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => row(from + n)).filter(
    (found) => found !== undefined,
  )
}

function nodeKeyOf(date: CalendarDate, { level, index }: Pick<Subtree, 'level' | 'index'>): string {
  return `${date}/${level}/${index}`
}

function keyOf(date: CalendarDate, ordinal: number): string {
  return `${date}/${ordinal}`
}
