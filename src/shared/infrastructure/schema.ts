import { sql } from 'drizzle-orm'
import { bigint, boolean, check, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Domain events on their way out, written in the transaction of the change they tell of. */
export const outbox = pgTable(
  'outbox',
  {
    aggregate: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    id: uuid().notNull().unique('outbox_id_unique'),
    type: text().notNull(),
    data: jsonb().notNull(),
    occurredAt: timestamp('occurred_at', { withTimezone: true, precision: 3 }).notNull(),
    publishedAt: timestamp('published_at', { withTimezone: true, precision: 3 }),
    attempts: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.aggregate, table.seq] })],
)

/** The one key that signs this database's ledgers, kept from its first use on. */
export const ledgerKey = pgTable(
  'ledger_key',
  {
    only: boolean().primaryKey().default(true),
    verifierKey: text('verifier_key').notNull(),
    firstUsedAt: timestamp('first_used_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [check('ledger_key_only', sql`${table.only}`)],
)
