import type { BallotPlace, LotteryQueries } from '../../src/lottery/application/lottery-queries.ts'
import type { Ballot, BallotId } from '../../src/lottery/domain/ballot.ts'
import { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { Lottery, type LotteryState, type LotteryStatus } from '../../src/lottery/domain/lottery.ts'
import type {
  BallotRepository,
  LockedLotteries,
  LotteryRepos,
  LotteryRepository,
} from '../../src/lottery/domain/lottery-repository.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { type MemoryDatabase, MemoryTable, type MemoryTransaction, MemoryUnitOfWork } from './memory-database.ts'

const DAY_MS = 86_400_000

/** The lottery context's committed rows, and what its ports are made of. */
export class MemoryLotteries {
  readonly database: MemoryDatabase
  readonly lotteries = new MemoryTable<CalendarDate, LotteryState>()
  readonly ballots = new MemoryTable<string, Ballot>()
  readonly unitOfWork: UnitOfWork<LotteryRepos>
  readonly queries: LotteryQueries

  constructor(database: MemoryDatabase) {
    this.database = database
    this.unitOfWork = new MemoryUnitOfWork(database, (transaction) => lotteryRepos(transaction, this))
    this.queries = new MemoryLotteryQueries(this)
  }
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

  async add(lottery: Lottery): Promise<boolean> {
    await this.#transaction.statement()
    // As an insert does, it waits for whoever is adding the same key.
    await this.#transaction.lock(`lottery/${lottery.date}`)
    if (this.#transaction.get(this.#store.lotteries, lottery.date)) return false
    this.#put(lottery)
    return true
  }

  async save(lottery: Lottery): Promise<void> {
    await this.#transaction.statement()
    this.#put(lottery)
  }

  #put(lottery: Lottery): void {
    this.#transaction.set(this.#store.lotteries, lottery.date, lottery.state)
    this.#transaction.record(lottery.takeEvents())
  }
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
    for (const ballot of added) {
      const key = keyOf(ballot.lotteryDate, ballot.ordinal)
      const taken = this.#transaction.get(this.#store.ballots, key) ?? this.#of(ballot.lotteryDate, [ballot.id])[0]
      if (taken) throw new Error('duplicate key value violates unique constraint')
      this.#transaction.set(this.#store.ballots, key, ballot)
    }
  }

  async find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]> {
    await this.#transaction.statement()
    return this.#of(date, ids)
  }

  async at(date: CalendarDate, ordinal: number): Promise<Ballot | undefined> {
    await this.#transaction.statement()
    return this.#transaction.get(this.#store.ballots, keyOf(date, ordinal))
  }

  async ordinalsOf(date: CalendarDate, userIds: readonly UserId[]): Promise<readonly number[]> {
    await this.#transaction.statement()
    return this.#transaction
      .values(this.#store.ballots)
      .filter(({ lotteryDate, userId }) => lotteryDate === date && userIds.includes(userId))
      .map(({ ordinal }) => ordinal)
      .sort((a, b) => a - b)
  }

  #of(date: CalendarDate, ids: readonly BallotId[]): Ballot[] {
    return this.#transaction
      .values(this.#store.ballots)
      .filter(({ lotteryDate, id }) => lotteryDate === date && ids.includes(id))
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
      .filter((lottery) => (!status || lottery.status === status) && (!before || lottery.date < before))
      .sort((a, b) => (a.date < b.date ? 1 : -1))
      .slice(0, limit)
  }

  async ballot(date: CalendarDate, id: BallotId): Promise<Ballot | undefined> {
    return (await this.#ballots()).find((ballot) => ballot.lotteryDate === date && ballot.id === id)
  }

  async ballotAt(date: CalendarDate, ordinal: number): Promise<Ballot | undefined> {
    await this.#store.database.reach()
    return this.#store.ballots.rows.get(keyOf(date, ordinal))
  }

  async ballots({ date, after, limit }: { date: CalendarDate; after: number; limit: number }): Promise<Ballot[]> {
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
      .filter((ballot) => ballot.userId === userId && isBefore(ballot))
      .sort((a, b) =>
        a.lotteryDate === b.lotteryDate ? b.ordinal - a.ordinal : a.lotteryDate < b.lotteryDate ? 1 : -1,
      )
      .slice(0, limit)
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
      counts[lottery.status] += 1
      if (this.#isOverdue(lottery)) counts.overdue += 1
    }
    return counts
  }

  #isOverdue({ date, status }: LotteryState): boolean {
    return status !== 'closed' && date < CalendarDate.of(this.#store.database.clock.now())
  }

  async #lotteries(): Promise<LotteryState[]> {
    await this.#store.database.reach()
    return [...this.#store.lotteries.rows.values()]
  }

  async #ballots(): Promise<Ballot[]> {
    await this.#store.database.reach()
    return [...this.#store.ballots.rows.values()]
  }
}

function keyOf(date: CalendarDate, ordinal: number): string {
  return `${date}/${ordinal}`
}
