import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { DELIVERY_ERRORS, DELIVERY_STATES } from '../domain/delivery.ts'

export const webhooks = pgTable('webhooks', {
  id: uuid().primaryKey(),
  url: text().notNull(),
  /** Null: all types. */
  eventTypes: text('event_types').array(),
  /** Place in the audit log of the next event to look at. All earlier ones have their deliveries. */
  nextIndex: bigint('next_index', { mode: 'number' }).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
  disabledAt: timestamp('disabled_at', { withTimezone: true, precision: 3 }),
  /** The worker that sends. No other one sends before the time at which its lease ends. */
  leaseHolder: uuid('lease_holder'),
  leaseExpiresAt: timestamp('lease_expires_at', { withTimezone: true, precision: 3 }),
  lastSeq: bigint('last_seq', { mode: 'number' }).notNull().default(0),
})

/** Secrets that sign, in clear: a signature needs the secret itself. Only the worker reads this table. */
export const webhookSecrets = pgTable('webhook_secrets', {
  webhookId: uuid('webhook_id')
    .primaryKey()
    .references(() => webhooks.id, { onDelete: 'cascade' }),
  secret: text().notNull(),
})

/** Events on their way to a webhook. The event itself is read from the recorded events when it is sent. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    webhookId: uuid('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    /** Place of the event in the audit log. */
    auditIndex: bigint('audit_index', { mode: 'number' }).notNull(),
    eventId: uuid('event_id').notNull(),
    aggregate: text().notNull(),
    type: text().notNull(),
    state: text({ enum: DELIVERY_STATES }).notNull().default('pending'),
    attempts: integer().notNull().default(0),
    lastStatus: integer('last_status'),
    lastError: text('last_error', { enum: DELIVERY_ERRORS }),
    /** Earliest time of the next attempt; null for at once. */
    retryAt: timestamp('retry_at', { withTimezone: true, precision: 3 }),
    deliveredAt: timestamp('delivered_at', { withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.webhookId, table.auditIndex] }),
    unique('webhook_deliveries_event').on(table.webhookId, table.eventId),
    index('webhook_deliveries_undelivered')
      .on(table.webhookId, table.aggregate, table.auditIndex)
      .where(sql`${table.state} <> 'delivered'`),
    index('webhook_deliveries_delivered').on(table.deliveredAt).where(sql`${table.state} = 'delivered'`),
    check('webhook_deliveries_state', sql`${table.state} in ('pending', 'delivered', 'parked')`),
  ],
)
