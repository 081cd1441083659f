import type { KeptBallot, KeptBallots, KeptPlace } from '../../src/lottery/application/kept-ballots.ts'
import { isNamed, type StoredBallot } from '../../src/lottery/domain/ballot.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import type { Exclusion } from '../../src/lottery/domain/seal.ts'
import type { MemoryDatabase, MemoryTable } from './memory-database.ts'

/** The tables that kept ballots are read from and written to. */
interface Store {
  readonly database: MemoryDatabase
  readonly ballots: MemoryTable<string, StoredBallot>
  readonly exclusions: MemoryTable<CalendarDate, readonly Exclusion[]>
  readonly kept: MemoryTable<string, KeptBallot>
}

interface Page {
  readonly date: CalendarDate
  readonly after: number
  readonly limit: number
}

export class MemoryKeptBallots implements KeptBallots {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async add(ballot: KeptBallot): Promise<void> {
    await this.#store.database.reach()
    const key = `${ballot.lotteryDate}/${ballot.ordinal}`
    if (!this.#store.kept.rows.has(key)) this.#store.kept.rows.set(key, ballot)
  }

  async addExcluded({ date, after, limit }: Page): Promise<number | undefined> {
    const exclusions = this.#store.exclusions.rows.get(date) ?? []
    const page = exclusions.filter(({ ordinal }) => ordinal > after).slice(0, limit)
    for (const { ordinal } of page) {
      const ballot = this.#store.ballots.rows.get(`${date}/${ordinal}`)
      if (ballot && isNamed(ballot)) await this.add({ ...ballot, proof: null })
    }
    return page.at(-1)?.ordinal
  }

  async find(date: CalendarDate, ordinal: number): Promise<KeptBallot | undefined> {
    await this.#store.database.reach()
    return this.#store.kept.rows.get(`${date}/${ordinal}`)
  }

  async keptAt<Place extends KeptPlace>(places: readonly Place[]): Promise<readonly Place[]> {
    await this.#store.database.reach()
    return places.filter(({ lotteryDate, ordinal }) => this.#store.kept.rows.has(`${lotteryDate}/${ordinal}`))
  }

  async list({ date, after, limit }: Page): Promise<readonly KeptBallot[]> {
    await this.#store.database.reach()
    return [...this.#store.kept.rows.values()]
      .filter(({ lotteryDate, ordinal }) => lotteryDate === date && ordinal > after)
      .sort((a, b) => a.ordinal - b.ordinal)
      .slice(0, limit)
  }
}
