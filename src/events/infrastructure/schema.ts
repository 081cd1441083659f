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
