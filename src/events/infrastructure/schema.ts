import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, timestamp, uuid } from 'drizzle-orm/pg-core'

/** The lease of the publishing relay, in one row. No other relay publishes before `expiresAt`. */
export const relayLease = pgTable(
  'relay_lease',
  {
    only: boolean().primaryKey().default(true),
    holder: uuid().notNull(),
    expiresAt: timestamp('expires_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [check('relay_lease_only', sql`${table.only}`)],
)

/** The time before which events may be pruned, in one row from the first pruned event on. Events since then are all kept. */
export const outboxHorizon = pgTable(
  'outbox_horizon',
  {
    only: boolean().primaryKey().default(true),
    prunedBefore: timestamp('pruned_before', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [check('outbox_horizon_only', sql`${table.only}`)],
)
