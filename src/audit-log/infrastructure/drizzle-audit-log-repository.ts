import { asc, isNull, sql } from 'drizzle-orm'
import { isStored } from '../../ledger/domain/tree-proofs.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import { AuditLog } from '../domain/audit-log.ts'
import type { AuditLogRepository } from '../domain/audit-log-repository.ts'
import { headOf, rowOfHead } from './rows.ts'
import { auditLog, auditLogHead, auditLogSubtrees } from './schema.ts'

export class DrizzleAuditLogRepository implements AuditLogRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async lock(): Promise<AuditLog | undefined> {
    // Held to the end of the transaction, whichever way it ends: whoever dies leaves it to the next.
    const got = sql`select pg_try_advisory_xact_lock(hashtext('lottery audit log')) as got`
    const { rows } = await this.#db.execute<{ got: boolean }>(got)
    if (!rows[0]?.got) return undefined
    const { size, hashes } = headOf(await this.#db.select().from(auditLogHead))
    return new AuditLog(size, hashes)
  }

  async waiting(limit: number): Promise<readonly RecordedEvent[]> {
    const rows = await this.#db
      .select()
      .from(outbox)
      .where(isNull(outbox.auditIndex))
      .orderBy(asc(outbox.position))
      .limit(limit)
    return rows.map(recordedEventOf)
  }

  async save(log: AuditLog): Promise<void> {
    const { entries, filled } = log.takeAppended()
    const row = rowOfHead(log.state)
    const kept = filled.filter(isStored)
    const ids = arrayLiteral(entries.map(({ eventId }) => eventId))
    const indexes = arrayLiteral(entries.map(({ entry }) => entry.index))
    await Promise.all([
      this.#db.insert(auditLog).values(entries.map(({ entry: { index, text } }) => ({ index, event: text }))),
      this.#db.insert(auditLogHead).values(row).onConflictDoUpdate({ target: auditLogHead.only, set: row }),
      kept.length > 0 && this.#db.insert(auditLogSubtrees).values(kept),
      this.#db.execute(sql`update ${outbox} set audit_index = placed.index
        from unnest(${ids}::uuid[], ${indexes}::bigint[]) placed (id, index) where ${outbox.id} = placed.id`),
    ])
  }
}
