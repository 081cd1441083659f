import { sql } from 'drizzle-orm'
import { bigint, index, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

import type { Identity } from '../../shared/domain/caller.ts'

export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    email: text().notNull(),
    name: text(),
    /** Issuer and subject of the token that the user belongs to. */
    identity: text('subject').$type<Identity>().unique('users_subject'),
    bannedAt: timestamp('banned_at', { withTimezone: true, precision: 3 }),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  },
  (table) => [
    uniqueIndex('users_email_unique').on(sql`lower(${table.email})`),
    index('users_banned').on(table.id).where(sql`${table.bannedAt} is not null`),
  ],
)
