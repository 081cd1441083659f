import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import type { Actor } from '../domain/cause.ts'
import type { DomainEvent } from '../domain/domain-events.ts'

/** Domain events on their way out, written in the transaction of the change they tell of. */
export const outbox = pgTable(
  'outbox',
  {
    aggregate: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    id: uuid().notNull().unique('outbox_id_unique'),
    /**
     * Ascending within an aggregate, whose events are inserted under its lock. Across aggregates a lower one may be
     * committed later, so nobody may remember how far they have read: what is to be done is told by the columns below.
     */
    position: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    type: text().notNull(),
    data: jsonb().$type<DomainEvent['data']>().notNull(),
    actor: text().$type<Actor>().notNull(),
    requestId: text('request_id'),
    occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
    /** Place in the audit log; null until it is appended there. */
    auditIndex: bigint('audit_index', { mode: 'number' }).unique('outbox_audit_index'),
    /** When the broker acknowledged it; null until then. */
    publishedAt: timestamp('published_at', { withTimezone: true, precision: 3 }),
    /** How often the broker refused it. */
    attempts: integer().notNull().default(0),
    /** Not to be published before; null at once. */
    retryAt: timestamp('retry_at', { withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.aggregate, table.seq] }),
    index('outbox_not_in_audit_log').on(table.position).where(sql`${table.auditIndex} is null`),
    index('outbox_not_published').on(table.position).where(sql`${table.publishedAt} is null`),
    index('outbox_refused')
      .on(table.aggregate, table.seq)
      .where(sql`${table.publishedAt} is null and ${table.attempts} > 0`),
  ],
)
