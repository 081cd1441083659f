import { sql } from 'drizzle-orm'
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Actor } from '../domain/cause.ts'
import type { DomainEvent } from '../domain/domain-events.ts'
import { bytea } from './bytea.ts'

/** Recorded events. Each is written in the transaction of its change, then appended to the audit log and published. */
export const outbox = pgTable(
  'outbox',
  {
    aggregate: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    id: uuid().notNull().unique('outbox_id_unique'),
    /**
     * Ascending within an aggregate, whose events are inserted under its lock. Across aggregates, a lower position may be
     * committed later. So a reader must not keep a cursor: the columns below say which events are still to be handled.
     */
    position: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    type: text().notNull(),
    data: jsonb().$type<DomainEvent['data']>().notNull(),
    actor: text().$type<Actor>().notNull(),
    requestId: text('request_id'),
    occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
    /** Index of the entry in the audit log; null until the event is appended there. */
    auditIndex: bigint('audit_index', { mode: 'number' }).unique('outbox_audit_index'),
    /** Time at which the broker acknowledged the event; null until then. */
    publishedAt: timestamp('published_at', { withTimezone: true, precision: 3 }),
    /** Number of refusals by the broker. */
    attempts: integer().notNull().default(0),
    /** Earliest time of the next attempt; null for at once. */
    retryAt: timestamp('retry_at', { withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.aggregate, table.seq] }),
    index('outbox_not_in_audit_log').on(table.position).where(sql`${table.auditIndex} is null`),
    index('outbox_not_published').on(table.position).where(sql`${table.publishedAt} is null`),
    index('outbox_refused')
      .on(table.aggregate, table.seq)
      .where(sql`${table.publishedAt} is null and ${table.attempts} > 0`),
    // A lottery is created, sealed and closed once.
    uniqueIndex('outbox_once_a_lottery').on(table.aggregate, table.type).where(sql`${table.type} like 'lottery.%'`),
    index('outbox_bans').on(table.auditIndex).where(sql`${table.type} = 'user.banned.v1'`),
  ],
)

/**
 * All recorded events: those in the outbox, and those that were pruned from it, as the audit log holds them. An event that
 * should still be in the outbox is not read from the audit log.
 */
export const recordedEvents = pgView('recorded_events', {
  aggregate: text().notNull(),
  seq: bigint({ mode: 'number' }).notNull(),
  id: uuid().notNull(),
  type: text().notNull(),
  data: jsonb().$type<DomainEvent['data']>().notNull(),
  actor: text().$type<Actor>().notNull(),
  requestId: text('request_id'),
  occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
  auditIndex: bigint('audit_index', { mode: 'number' }),
}).existing()

/** Secret keys of this database, made by the migration: 32 random bytes each. They never change. */
export const serviceSecrets = pgTable('service_secrets', {
  name: text().primaryKey(),
  secret: bytea().notNull(),
})
