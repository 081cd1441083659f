import { and, asc, between, eq, gt, isNull } from 'drizzle-orm'
import type { TreeState } from '../../ledger/domain/growing-tree.ts'
import type { ReadNodes } from '../../ledger/domain/tree-proofs.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox, recordedEvents } from '../../shared/infrastructure/schema.ts'
import type { AuditLogQueries } from '../application/audit-log-queries.ts'
import { type AuditLogEntry, eventLeafOf } from '../domain/audit-log.ts'
import { treeOf } from './rows.ts'
import { auditLog, auditLogHead, auditLogSubtrees } from './schema.ts'

const ENTRY = { index: auditLog.index, text: auditLog.event }

export class DrizzleAuditLogQueries implements AuditLogQueries {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async tree(): Promise<TreeState> {
    return treeOf(await this.#db.select().from(auditLogHead))
  }

  async entries(page: { after: number; limit: number; aggregate?: string; type?: string }) {
    const { after, limit, aggregate, type } = page
    return this.#db
      .select(ENTRY)
      .from(auditLog)
      .where(
        and(
          gt(auditLog.index, after),
          aggregate === undefined ? undefined : eq(auditLog.aggregate, aggregate),
          type === undefined ? undefined : eq(auditLog.type, type),
        ),
      )
      .orderBy(asc(auditLog.index))
      .limit(limit)
  }

  readonly nodes: ReadNodes = async (level, from, to) => {
    if (level === 0) {
      const entries: AuditLogEntry[] = await this.#db
        .select(ENTRY)
        .from(auditLog)
        .where(between(auditLog.index, from, to))
        .orderBy(asc(auditLog.index))
      return entries.map(({ index, text }) => ({ level, index, hash: eventLeafOf(text) }))
    }
    return this.#db
      .select()
      .from(auditLogSubtrees)
      .where(and(eq(auditLogSubtrees.level, level), between(auditLogSubtrees.index, from, to)))
      .orderBy(asc(auditLogSubtrees.index))
  }

  async events(from: number, to: number): Promise<{ index: number; event: RecordedEvent }[]> {
    const rows = await this.#db
      .select()
      .from(recordedEvents)
      .where(between(recordedEvents.auditIndex, from, to))
    return rows.map((row) => ({ index: row.auditIndex as number, event: recordedEventOf(row) }))
  }

  async waiting(): Promise<number> {
    return this.#db.$count(outbox, isNull(outbox.auditIndex))
  }
}
