import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  date,
  index,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea } from '../../shared/infrastructure/bytea.ts'

export const lotteryStatus = pgEnum('lottery_status', ['open', 'sealed', 'closed'])
export const entropyKind = pgEnum('entropy_kind', ['commit-reveal', 'drand'])

export const lotteries = pgTable(
  'lotteries',
  {
    date: date({ mode: 'string' }).primaryKey(),
    status: lotteryStatus().notNull(),
    ballotCount: bigint('ballot_count', { mode: 'number' }).notNull(),
    /** The ledger's compact range: 32 bytes for each set bit of the ballot count, largest subtree first. */
    ledgerRange: bytea('ledger_range').notNull(),
    entropyKind: entropyKind('entropy_kind').notNull(),
    /** The commitment or the chain hash. */
    entropySource: bytea('entropy_source').notNull(),
    /** The beacon's regular round; 0 without a beacon. */
    entropyRound: bigint('entropy_round', { mode: 'number' }).notNull(),
    /** The secret or the beacon's signature, from the draw on. */
    reveal: bytea(),
    winnerOrdinal: bigint('winner_ordinal', { mode: 'number' }),
    winnerBallotId: uuid('winner_ballot_id'),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
    closedAt: timestamp('closed_at', { withTimezone: true, precision: 3 }),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  },
  (table) => [
    index('lotteries_not_closed').on(table.date).where(sql`${table.status} <> 'closed'`),
    check('lotteries_closed_at', sql`(${table.status} = 'closed') = (${table.closedAt} is not null)`),
    check('lotteries_winner', sql`(${table.winnerOrdinal} is null) = (${table.winnerBallotId} is null)`),
    check('lotteries_reveal', sql`(${table.reveal} is null) = (${table.closedAt} is null)`),
  ],
)

/** The chain of all seals. A lottery that is not open has one. */
export const seals = pgTable('seals', {
  number: bigint({ mode: 'number' }).primaryKey(),
  lotteryDate: date('lottery_date', { mode: 'string' }).notNull().unique('seals_lottery_date'),
  excludedCount: bigint('excluded_count', { mode: 'number' }).notNull(),
  exclusionsHash: bytea('exclusions_hash').notNull(),
  /** The beacon's round of the draw; 0 without a beacon. */
  round: bigint({ mode: 'number' }).notNull(),
  previousHash: bytea('previous_hash').notNull(),
  hash: bytea().notNull(),
  sealedAt: timestamp('sealed_at', { withTimezone: true, precision: 3 }).notNull(),
})

/** Ballots that cannot win, each with the event of its user's ban. Reads of a lottery do not touch them. */
export const exclusions = pgTable(
  'exclusions',
  {
    lotteryDate: date('lottery_date', { mode: 'string' }).notNull(),
    ordinal: bigint({ mode: 'number' }).notNull(),
    eventId: uuid('event_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.lotteryDate, table.ordinal] })],
)

/** Secrets of `commit-reveal`, apart from the rows that responses are read from. The draw makes a secret public. */
export const entropySecrets = pgTable('entropy_secrets', {
  lotteryDate: date('lottery_date', { mode: 'string' }).primaryKey(),
  secret: bytea().notNull(),
})

/** Partitioned by month of the lottery's date. drizzle-kit has no PARTITION BY, so the migration is written by hand. */
export const ballots = pgTable(
  'ballots',
  {
    lotteryDate: date('lottery_date', { mode: 'string' }).notNull(),
    ordinal: bigint({ mode: 'number' }).notNull(),
    id: uuid().notNull(),
    /** Null, like the salt, once the user is forgotten. The commitment is set then. */
    userId: uuid('user_id'),
    userSalt: bytea('user_salt'),
    userCommit: bytea('user_commit'),
    submittedAt: timestamp('submitted_at', { withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.lotteryDate, table.ordinal] }),
    unique('ballots_id').on(table.lotteryDate, table.id),
    index('ballots_of_user').on(table.userId, table.lotteryDate, table.ordinal),
    check(
      'ballots_user',
      sql`num_nulls(${table.userId}, ${table.userSalt}) = case when ${table.userCommit} is null then 0 else 2 end`,
    ),
  ],
)

/** Ballots that the evidence of archived lotteries names: winners and excluded ballots. */
export const keptBallots = pgTable(
  'kept_ballots',
  {
    lotteryDate: date('lottery_date', { mode: 'string' }).notNull(),
    ordinal: bigint({ mode: 'number' }).notNull(),
    id: uuid().notNull(),
    userId: uuid('user_id').notNull(),
    userSalt: bytea('user_salt').notNull(),
    submittedAt: timestamp('submitted_at', { withTimezone: true, precision: 3 }).notNull(),
    /** Hashes of the proof that the ballot is in the sealed ledger; null unless the ballot won. */
    proof: bytea(),
  },
  (table) => [primaryKey({ columns: [table.lotteryDate, table.ordinal] })],
)

/** Roots of full subtrees of 2^level leaves, stored as they fill, so that a proof takes a few index reads. */
export const ledgerSubtrees = pgTable(
  'ledger_subtrees',
  {
    lotteryDate: date('lottery_date', { mode: 'string' }).notNull(),
    level: smallint().notNull(),
    index: bigint({ mode: 'number' }).notNull(),
    hash: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.lotteryDate, table.level, table.index] })],
)
