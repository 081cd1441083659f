import { bigint, date, index, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { query } from '../../tests/support/test-clock.ts'

export const users = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull(),
  bannedAt: timestamp('banned_at', { withTimezone: true, precision: 3 }),
})

export const lotteries = pgTable('lotteries', {
  date: date({ mode: 'string' }).primaryKey(),
  ballotCount: bigint('ballot_count', { mode: 'number' }).notNull(),
})

/** Ballots, with the same indexes as in the service. */
export const ballots = pgTable(
  'ballots',
  {
    lotteryDate: date('lottery_date', { mode: 'string' }).notNull(),
    ordinal: bigint({ mode: 'number' }).notNull(),
    id: uuid().notNull(),
    userId: uuid('user_id').notNull(),
    submittedAt: timestamp('submitted_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.lotteryDate, table.ordinal] }),
    unique('ballots_id').on(table.lotteryDate, table.id),
    index('ballots_of_user').on(table.userId, table.lotteryDate, table.ordinal),
  ],
)

/** Creates these tables in an empty database and adds the users. */
export async function createPlainTables(url: string, userIds: readonly UserId[]): Promise<void> {
  await query(
    url,
    `create table users (id uuid primary key, email text not null, banned_at timestamptz(3));
     create unique index users_email_unique on users (lower(email));
     create table lotteries (date date primary key, ballot_count bigint not null);
     create table ballots (
       lottery_date date not null,
       ordinal bigint not null,
       id uuid not null,
       user_id uuid not null,
       submitted_at timestamptz(3) not null,
       primary key (lottery_date, ordinal),
       constraint ballots_id unique (lottery_date, id)
     );
     create index ballots_of_user on ballots (user_id, lottery_date, ordinal)`,
  )
  await query(url, `insert into users select id, id || '@example.org' from unnest($1::uuid[]) id`, [userIds])
}
