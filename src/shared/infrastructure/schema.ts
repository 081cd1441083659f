import { bigint, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'

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
