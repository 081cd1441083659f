import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** The one key that signs this database's checkpoints, kept from its first use on. */
export const ledgerKey = pgTable(
  'ledger_key',
  {
    only: boolean().primaryKey().default(true),
    verifierKey: text('verifier_key').notNull(),
    firstUsedAt: timestamp('first_used_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [check('ledger_key_only', sql`${table.only}`)],
)
