import type { AuditLogQueries } from '../../src/audit-log/application/audit-log-queries.ts'
import type { AuditLogStorage } from '../../src/audit-log/application/audit-log-storage.ts'
import { AuditLog, type AuditLogEntry, eventLeafOf } from '../../src/audit-log/domain/audit-log.ts'
import type { AuditLogRepos, AuditLogRepository } from '../../src/audit-log/domain/audit-log-repository.ts'
import { EMPTY_TREE, type TreeState } from '../../src/ledger/domain/growing-tree.ts'
import type { Subtree } from '../../src/ledger/domain/merkle-tree.ts'
import type { ReadNodes } from '../../src/ledger/domain/tree-proofs.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { RecordedEvent } from '../../src/shared/domain/domain-events.ts'
import { deriveUuid } from '../../src/shared/infrastructure/uuid.ts'
import { type MemoryDatabase, MemoryTable, type MemoryTransaction, MemoryUnitOfWork } from './memory-database.ts'

interface Row {
  readonly text: string
  readonly event: RecordedEvent
}

/** The committed rows of the audit log context, and the ports over them. */
export class MemoryAuditLogStore implements AuditLogStorage {
  readonly database: MemoryDatabase
  readonly log = new MemoryTable<number, Row>()
  readonly subtrees = new MemoryTable<string, Subtree>()
  readonly heads = new MemoryTable<'only', AuditLog['state']>()
  readonly unitOfWork: UnitOfWork<AuditLogRepos>
  readonly queries: AuditLogQueries
  /** Unit of work that holds the log's lock. Others only try the lock, as with an advisory lock, and never wait for it. */
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

  async tryLock(): Promise<AuditLog | undefined> {
    await this.#transaction.statement()
    this.#store.lockedBy ??= this.#run
    if (this.#store.lockedBy !== this.#run) return undefined
    return new AuditLog(this.#transaction.get(this.#store.heads, 'only'))
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
    for (const subtree of filled) {
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

  async tree(): Promise<TreeState> {
    await this.#store.database.reach()
    return this.#store.heads.rows.get('only') ?? EMPTY_TREE
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
