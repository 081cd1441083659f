import type { AuditLogQueries } from '../../src/audit-log/application/audit-log-queries.ts'
import { AuditLog, type AuditLogEntry, eventLeafOf } from '../../src/audit-log/domain/audit-log.ts'
import type { AuditLogRepository } from '../../src/audit-log/domain/audit-log-repository.ts'
import type { AuditLogRepos } from '../../src/audit-log/index.ts'
import type { Subtree } from '../../src/ledger/domain/merkle-tree.ts'
import { isStored, type ReadNodes } from '../../src/ledger/domain/tree-proofs.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { RecordedEvent } from '../../src/shared/domain/domain-events.ts'
import { deriveUuid } from '../../src/shared/infrastructure/uuid.ts'
import { type MemoryDatabase, MemoryTable, type MemoryTransaction, MemoryUnitOfWork } from './memory-database.ts'

interface Row {
  readonly text: string
  readonly event: RecordedEvent
}

/** The audit context's committed rows, and what its ports are made of. */
export class MemoryAuditLogStore {
  readonly database: MemoryDatabase
  readonly log = new MemoryTable<number, Row>()
  readonly subtrees = new MemoryTable<string, Subtree>()
  readonly heads = new MemoryTable<'only', AuditLog['state']>()
  readonly unitOfWork: UnitOfWork<AuditLogRepos>
  readonly queries: AuditLogQueries
  /** The run of a unit of work that has the log's lock, as an advisory lock is held: nobody waits for it. */
  lockedBy: symbol | undefined

  constructor(database: MemoryDatabase) {
    this.database = database
    this.unitOfWork = { run: (work) => this.#run(work) }
    this.queries = new MemoryAuditLogQueries(this)
  }

  get waiting(): RecordedEvent[] {
    const logged = new Set([...this.log.rows.values()].map(({ event }) => event.id))
    return this.database.outbox
      .map((event) => ({ ...event, id: deriveUuid(event.aggregate, `${event.seq}`) }))
      .filter(({ id }) => !logged.has(id))
  }

  async #run<T>(work: (repos: AuditLogRepos) => Promise<T>): Promise<T> {
    const run = Symbol('run')
    const unitOfWork = new MemoryUnitOfWork<AuditLogRepos>(this.database, (transaction) => ({
      auditLog: new MemoryAuditLogRepository(transaction, this, run),
    }))
    try {
      return await unitOfWork.run(work)
    } finally {
      if (this.lockedBy === run) this.lockedBy = undefined
    }
  }
}

class MemoryAuditLogRepository implements AuditLogRepository {
  readonly #transaction: MemoryTransaction
  readonly #store: MemoryAuditLogStore
  readonly #run: symbol

  constructor(transaction: MemoryTransaction, store: MemoryAuditLogStore, run: symbol) {
    this.#transaction = transaction
    this.#store = store
    this.#run = run
  }

  async lock(): Promise<AuditLog | undefined> {
    await this.#transaction.statement()
    this.#store.lockedBy ??= this.#run
    if (this.#store.lockedBy !== this.#run) return undefined
    const { size, hashes } = this.#transaction.get(this.#store.heads, 'only') ?? { size: 0, hashes: [] }
    return new AuditLog(size, hashes)
  }

  async waiting(limit: number): Promise<readonly RecordedEvent[]> {
    await this.#transaction.statement()
    return this.#store.waiting.slice(0, limit)
  }

  async save(log: AuditLog): Promise<void> {
    await this.#transaction.statement()
    const { entries, filled } = log.takeAppended()
    const events = new Map(this.#store.waiting.map((event) => [event.id, event]))
    for (const { entry, eventId } of entries) {
      const event = events.get(eventId) as RecordedEvent
      this.#transaction.set(this.#store.log, entry.index, { text: entry.text, event })
    }
    for (const subtree of filled.filter(isStored)) {
      this.#transaction.set(this.#store.subtrees, `${subtree.level}/${subtree.index}`, subtree)
    }
    this.#transaction.set(this.#store.heads, 'only', log.state)
  }
}

class MemoryAuditLogQueries implements AuditLogQueries {
  readonly #store: MemoryAuditLogStore

  constructor(store: MemoryAuditLogStore) {
    this.#store = store
  }

  async head(): Promise<AuditLog['state']> {
    await this.#store.database.reach()
    return this.#store.heads.rows.get('only') ?? { size: 0, hashes: [] }
  }

  async entries(page: { after: number; limit: number; aggregate?: string; type?: string }): Promise<AuditLogEntry[]> {
    const { after, limit, aggregate, type } = page
    await this.#store.database.reach()
    return [...this.#store.log.rows]
      .filter(([index, { event }]) => index > after && [undefined, event.aggregate].includes(aggregate))
      .filter(([, { event }]) => [undefined, event.type].includes(type))
      .map(([index, { text }]) => ({ index, text }))
      .sort((a, b) => a.index - b.index)
      .slice(0, limit)
  }

  readonly nodes: ReadNodes = async (level, from, to) => {
    if (level === 0) {
      const entries = await this.entries({ after: from - 1, limit: to - from + 1 })
      return entries.map(({ index, text }) => ({ level, index, hash: eventLeafOf(text) }))
    }
    await this.#store.database.reach()
    return [...this.#store.subtrees.rows.values()]
      .filter((subtree) => subtree.level === level && subtree.index >= from && subtree.index <= to)
      .sort((a, b) => a.index - b.index)
  }

  async events(from: number, to: number): Promise<{ index: number; event: RecordedEvent }[]> {
    await this.#store.database.reach()
    return [...this.#store.log.rows]
      .filter(([index]) => index >= from && index <= to)
      .map(([index, { event }]) => ({ index, event }))
  }

  async waiting(): Promise<number> {
    await this.#store.database.reach()
    return this.#store.waiting.length
  }
}
