import { asc, isNull, sql } from 'drizzle-orm'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import { AuditLog } from '../domain/audit-log.ts'
import type { AuditLogRepository } from '../domain/audit-log-repository.ts'
import { rowOfTree, treeOf } from './rows.ts'
import { auditLog, auditLogHead, auditLogSubtrees } from './schema.ts'

/** Entries of a partition. */
const PARTITION = 1_000_000
/** Entries before the end of a partition from which on the next one is made. More than one batch. */
const AHEAD = 10_000

export class DrizzleAuditLogRepository implements AuditLogRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async tryLock(): Promise<AuditLog | undefined> {
    // The lock ends with the transaction, so a sequencer that dies leaves it to the next one.
    const tryLock = sql`select pg_try_advisory_xact_lock(hashtext('lottery audit log')) as locked`
    const { rows } = await this.#db.execute<{ locked: boolean }>(tryLock)
    if (!rows[0]?.locked) return undefined
    return new AuditLog(treeOf(await this.#db.select().from(auditLogHead)))
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
    const row = rowOfTree(log.state)
    const ids = arrayLiteral(entries.map(({ eventId }) => eventId))
    const indexes = arrayLiteral(entries.map(({ entry }) => entry.index))
    const last = entries.at(-1)?.entry.index ?? 0
    if (last % PARTITION >= PARTITION - AHEAD)
      await this.#db.execute(sql`select ensure_audit_log(${last + AHEAD}::bigint)`)
    await Promise.all([
      this.#db.insert(auditLog).values(entries.map(({ entry: { index, text } }) => ({ index, event: text }))),
      this.#db.insert(auditLogHead).values(row).onConflictDoUpdate({ target: auditLogHead.only, set: row }),
      filled.length > 0 && this.#db.insert(auditLogSubtrees).values([...filled]),
      this.#db.execute(sql`update ${outbox} set audit_index = placed.index
        from unnest(${ids}::uuid[], ${indexes}::bigint[]) placed (id, index) where ${outbox.id} = placed.id`),
    ])
  }
}
