import { ConnectionLost, DatabaseUnavailable, OutcomeUnknown } from '../../src/shared/application/unavailable.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import { deriveUuid } from '../../src/shared/infrastructure/uuid.ts'
import { ManualClock } from './manual-clock.ts'
import { Conflict, type LockMode, MemoryLocks } from './memory-locks.ts'

const MAX_ATTEMPTS = 4

/** Id of the event of an aggregate. */
export function eventIdOf(aggregate: string, seq: number): string {
  return deriveUuid(aggregate, `${seq}`)
}

/** Committed rows by key. Rows are never changed in place. */
export class MemoryTable<Key, Row> {
  readonly rows = new Map<Key, Row>()
}

/** The state that the in-memory adapters share: locks, a clock, the outbox, and the faults that a test injects. */
export class MemoryDatabase {
  readonly clock: ManualClock
  readonly locks = new MemoryLocks()
  /** Committed events, in commit order. */
  readonly outbox: DomainEvent[] = []
  /** While true, every unit of work and every read fails as if the server were unreachable. */
  unavailable = false
  #commitFault: 'stored' | 'not stored' | undefined
  #losesConnection = false

  constructor(clock = new ManualClock()) {
    this.clock = clock
  }

  /** Makes the next commit throw {@link OutcomeUnknown}, with everything stored or nothing. */
  failNextCommit(how: 'stored' | 'not stored'): void {
    this.#commitFault = how
  }

  /** Makes the next unit of work fail with {@link ConnectionLost}, with nothing stored. */
  loseNextConnection(): void {
    this.#losesConnection = true
  }

  /** @throws DatabaseUnavailable */
  async reach(): Promise<void> {
    await Promise.resolve() // a read never resolves at once
    if (this.unavailable) throw new DatabaseUnavailable()
  }

  commit(transaction: MemoryTransaction): void {
    const losesConnection = this.#losesConnection
    this.#losesConnection = false
    if (losesConnection) throw new ConnectionLost()
    const fault = this.#commitFault
    this.#commitFault = undefined
    if (fault !== 'not stored') transaction.apply()
    if (fault) throw new OutcomeUnknown({ cause: new Error(`COMMIT failed and was ${fault}`) })
  }
}

/** A transaction that sees committed rows and its own changes, as READ COMMITTED does, and keeps its locks to its end. */
export class MemoryTransaction {
  readonly #database: MemoryDatabase
  readonly #changes = new Map<object, Map<unknown, unknown>>()
  readonly #events: DomainEvent[] = []

  constructor(database: MemoryDatabase) {
    this.#database = database
  }

  get now(): Instant {
    return this.#database.clock.now()
  }

  /** Stands for a statement: takes a turn, and fails while the database is unavailable. */
  async statement(): Promise<void> {
    await this.#database.reach()
  }

  async lock(name: string, mode: LockMode = 'exclusive'): Promise<void> {
    await this.#database.locks.acquire(this, name, mode)
  }

  get<Key, Row>(table: MemoryTable<Key, Row>, key: Key): Row | undefined {
    return (this.#changesOf(table).get(key) as Row | undefined) ?? table.rows.get(key)
  }

  set<Key, Row>(table: MemoryTable<Key, Row>, key: Key, row: Row): void {
    this.#changesOf(table).set(key, row)
  }

  values<Key, Row>(table: MemoryTable<Key, Row>): Row[] {
    return [...new Map([...table.rows, ...(this.#changesOf(table) as Map<Key, Row>)]).values()]
  }

  record(events: readonly DomainEvent[]): void {
    this.#events.push(...events)
  }

  apply(): void {
    for (const [table, changes] of this.#changes) {
      for (const [key, row] of changes) (table as MemoryTable<unknown, unknown>).rows.set(key, row)
    }
    this.#database.outbox.push(...this.#events)
  }

  end(): void {
    this.#database.locks.releaseAll(this)
  }

  #changesOf(table: object): Map<unknown, unknown> {
    const changes = this.#changes.get(table) ?? new Map<unknown, unknown>()
    this.#changes.set(table, changes)
    return changes
  }
}

export class MemoryUnitOfWork<Repos> implements UnitOfWork<Repos> {
  readonly #database: MemoryDatabase
  readonly #repositories: (transaction: MemoryTransaction) => Repos

  constructor(database: MemoryDatabase, repositories: (transaction: MemoryTransaction) => Repos) {
    this.#database = database
    this.#repositories = repositories
  }

  async run<T>(work: (repos: Repos) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work)
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  async #attempt<T>(work: (repos: Repos) => Promise<T>): Promise<T> {
    await this.#database.reach()
    const transaction = new MemoryTransaction(this.#database)
    try {
      const result = await work(this.#repositories(transaction))
      await this.#database.reach()
      this.#database.commit(transaction)
      return result
    } finally {
      transaction.end()
    }
  }
}
