import { sql } from 'drizzle-orm'
import { bigint, check, date, index, pgEnum, pgTable, primaryKey, timestamp, unique, uuid } from 'drizzle-orm/pg-core'

export const lotteryStatus = pgEnum('lottery_status', ['open', 'sealed', 'closed'])

export const lotteries = pgTable(
  'lotteries',
  {
    date: date({ mode: 'string' }).primaryKey(),
    status: lotteryStatus().notNull(),
    ballotCount: bigint('ballot_count', { mode: 'number' }).notNull(),
    excluded: bigint({ mode: 'number' }).array().notNull(),
    winnerOrdinal: bigint('winner_ordinal', { mode: 'number' }),
    winnerBallotId: uuid('winner_ballot_id'),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
    sealedAt: timestamp('sealed_at', { withTimezone: true, precision: 3 }),
    closedAt: timestamp('closed_at', { withTimezone: true, precision: 3 }),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('lotteries_not_closed').on(table.date).where(sql`${table.status} <> 'closed'`),
    check('lotteries_sealed_at', sql`(${table.status} = 'open') = (${table.sealedAt} is null)`),
    check('lotteries_closed_at', sql`(${table.status} = 'closed') = (${table.closedAt} is not null)`),
    check('lotteries_winner', sql`(${table.winnerOrdinal} is null) = (${table.winnerBallotId} is null)`),
  ],
)

/** Partitioned by month of the lottery's date; drizzle-kit knows no PARTITION BY, so the migration says it by hand. */
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
