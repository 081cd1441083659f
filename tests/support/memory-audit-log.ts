import type { AuditLogCheckQueries, MisplacedEvent } from '../../src/audit-log/application/audit-log-check-queries.ts'
import type { AuditLogQueries } from '../../src/audit-log/application/audit-log-queries.ts'
import type { AuditLogStorage } from '../../src/audit-log/application/audit-log-storage.ts'
import type { CosignedCheckpoint, CosignedCheckpoints } from '../../src/audit-log/application/cosigned-checkpoints.ts'
import { AuditLog, type AuditLogEntry, eventLeafOf } from '../../src/audit-log/domain/audit-log.ts'
import type { AuditLogRepos, AuditLogRepository } from '../../src/audit-log/domain/audit-log-repository.ts'
import { EMPTY_TREE, type TreeHead, type TreeState } from '../../src/ledger/domain/growing-tree.ts'
import type { Subtree } from '../../src/ledger/domain/merkle-tree.ts'
import type { ReadNodes } from '../../src/ledger/domain/tree-proofs.ts'
import { headOfNote } from '../../src/ledger/infrastructure/signed-note.ts'
import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { RecordedEvent } from '../../src/shared/domain/domain-events.ts'
import {
  eventIdOf,
  type MemoryDatabase,
  MemoryTable,
  type MemoryTransaction,
  MemoryUnitOfWork,
} from './memory-database.ts'

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
  readonly checkQueries: AuditLogCheckQueries
  readonly cosigned: CosignedCheckpoints
  /** The lease of the one replica that uses this store. */
  readonly witnessLease = { hold: async () => true, release: async () => {} }
  /** Unit of work that holds the log's lock. Others only try the lock, as with an advisory lock, and never wait for it. */
  lockedBy: symbol | undefined

  constructor(database: MemoryDatabase) {
    this.database = database
    this.unitOfWork = { run: (work) => this.#run(work) }
    this.queries = new MemoryAuditLogQueries(this)
    this.checkQueries = new MemoryAuditLogCheckQueries(this)
    this.cosigned = new MemoryCosignedCheckpoints(database)
  }

  get waiting(): RecordedEvent[] {
    const logged = new Set([...this.log.rows.values()].map(({ event }) => event.id))
    return this.database.outbox
      .map((event) => ({ ...event, id: eventIdOf(event.aggregate, event.seq) }))
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

class MemoryAuditLogCheckQueries implements AuditLogCheckQueries {
  readonly #store: MemoryAuditLogStore

  constructor(store: MemoryAuditLogStore) {
    this.#store = store
  }

  async subtrees(): Promise<{ size: number; subtrees: number }> {
    const { size } = await this.#store.queries.tree()
    return { size, subtrees: this.#store.subtrees.rows.size }
  }

  async misplaced(from: number, to: number): Promise<MisplacedEvent[]> {
    await this.#store.database.reach()
    const places = new Map([...this.#store.log.rows].map(([index, { event }]) => [nameOf(event), index]))
    return [...this.#store.log.rows]
      .filter(([index]) => index >= from && index <= to)
      .map(([index, { event }]) => ({ aggregate: event.aggregate, seq: event.seq, index }))
      .filter((event) => event.seq !== 1 && !((places.get(nameOf(event, -1)) ?? event.index) < event.index))
  }

  async cosignedHeads(from: number, to: number): Promise<TreeHead[]> {
    const heads: TreeHead[] = []
    for (let at = from; ; ) {
      const next = await this.#store.cosigned.covering(at - 1, 1)
      if (!next || next.size > to) return heads
      heads.push({ size: next.size, root: headOfNote(next.note)?.root ?? new Uint8Array() })
      at = next.size + 1
    }
  }
}

/** Name of an event of an aggregate, or of the event some places after it. */
function nameOf({ aggregate, seq }: { readonly aggregate: string; readonly seq: number }, after = 0): string {
  return `${aggregate}/${seq + after}`
}

class MemoryCosignedCheckpoints implements CosignedCheckpoints {
  readonly #database: MemoryDatabase
  #rows: (CosignedCheckpoint & { readonly storedAt: Date })[] = []

  constructor(database: MemoryDatabase) {
    this.#database = database
  }

  async add(checkpoint: CosignedCheckpoint): Promise<void> {
    await this.#database.reach()
    const { size, cosigners } = checkpoint
    if (this.#rows.some((row) => row.size === size && row.cosigners >= cosigners)) return
    this.#rows.push({ ...checkpoint, storedAt: new Date(this.#database.clock.now()) })
    this.#rows.sort((a, b) => a.size - b.size || a.cosigners - b.cosigners)
  }

  async covering(index: number, cosigners: number): Promise<CosignedCheckpoint | undefined> {
    await this.#database.reach()
    const found = this.#rows.find((row) => row.size > index && row.cosigners >= cosigners)
    return found && { size: found.size, cosigners: found.cosigners, note: found.note }
  }

  async newest(): Promise<(CosignedCheckpoint & { readonly storedAt: Date }) | undefined> {
    await this.#database.reach()
    return this.#rows.at(-1)
  }
}
