import { sql } from 'drizzle-orm'
import { bigint, check, index, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core'

import type { Identity } from '../../shared/domain/caller.ts'

export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    /** Null, like the name and the identity, once the user is forgotten. */
    email: text(),
    name: text(),
    /** Issuer and subject of the token that the user belongs to. */
    identity: text('subject').$type<Identity>().unique('users_subject'),
    bannedAt: timestamp('banned_at', { withTimezone: true, precision: 3 }),
    forgottenAt: timestamp('forgotten_at', { withTimezone: true, precision: 3 }),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  },
  (table) => [
    uniqueIndex('users_email_unique').on(sql`lower(${table.email})`),
    index('users_banned').on(table.id).where(sql`${table.bannedAt} is not null`),
    check(
      'users_forgotten',
      sql`case when ${table.forgottenAt} is null then ${table.email} is not null
        else num_nonnulls(${table.email}, ${table.name}, ${table.identity}) = 0 end`,
    ),
  ],
)

/** Forgotten users whom some ballots may still name: those of lotteries that are not closed, or being archived. */
export const usersToForget = pgTable('users_to_forget', {
  userId: uuid('user_id').primaryKey(),
  since: timestamp({ withTimezone: true, precision: 3 }).notNull(),
})
