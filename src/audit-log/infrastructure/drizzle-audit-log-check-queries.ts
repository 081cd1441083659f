import { asc, between, sql } from 'drizzle-orm'
import type { TreeHead } from '../../ledger/domain/growing-tree.ts'
import { headOfNote } from '../../ledger/infrastructure/signed-note.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { recordedEvents } from '../../shared/infrastructure/schema.ts'
import type { AuditLogCheckQueries, MisplacedEvent } from '../application/audit-log-check-queries.ts'
import { auditLogHead, auditLogSubtrees, cosignedCheckpoints } from './schema.ts'

export class DrizzleAuditLogCheckQueries implements AuditLogCheckQueries {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async subtrees(): Promise<{ size: number; subtrees: number }> {
    const { rows } = await this.#db.execute<{ size: string | null; subtrees: string }>(
      sql`select (select size from ${auditLogHead}) as size, (select count(*) from ${auditLogSubtrees}) as subtrees`,
    )
    return { size: Number(rows[0]?.size), subtrees: Number(rows[0]?.subtrees) }
  }

  async misplaced(from: number, to: number): Promise<readonly MisplacedEvent[]> {
    const { rows } = await this.#db.execute<{ aggregate: string; seq: string; index: string }>(sql`
      select event.aggregate, event.seq, event.audit_index as index from ${recordedEvents} event
      where event.audit_index between ${from} and ${to} and event.seq <> 1 and (
        select count(*) from ${recordedEvents} before where before.aggregate = event.aggregate
          and before.seq = event.seq - 1 and before.audit_index < event.audit_index) = 0
      order by event.audit_index`)
    return rows.map(({ aggregate, seq, index }) => ({ aggregate, seq: Number(seq), index: Number(index) }))
  }

  async cosignedHeads(from: number, to: number): Promise<readonly TreeHead[]> {
    const { size, note } = cosignedCheckpoints
    const rows = await this.#db
      .select({ size, note })
      .from(cosignedCheckpoints)
      .where(between(size, from, to))
      .orderBy(asc(size))
    return rows.map((row) => ({ size: row.size, root: headOfNote(row.note)?.root ?? new Uint8Array() }))
  }
}
