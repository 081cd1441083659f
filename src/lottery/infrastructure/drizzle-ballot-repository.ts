import { and, desc, eq, sql } from 'drizzle-orm'
import { arrayLiteral, bytesLiteral } from '../../shared/infrastructure/array-literal.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { type Ballot, type BallotId, isNamed, type StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { BallotRepository } from '../domain/lottery-repository.ts'
import type { Ban } from '../domain/participants.ts'
import type { Exclusion } from '../domain/seal.ts'
import { DrizzleLedgerNodes } from './drizzle-ledger-nodes.ts'
import { exclusionPages } from './exclusion-pages.ts'
import { ballotOf } from './rows.ts'
import { ballots } from './schema.ts'

export class DrizzleBallotRepository extends DrizzleLedgerNodes implements BallotRepository {
  readonly #db: Database
  readonly #insert: ReturnType<typeof prepareInsert>
  readonly #find: ReturnType<typeof prepareFind>

  constructor(db: Database) {
    super(db)
    this.#db = db
    this.#insert = prepareInsert(db)
    this.#find = prepareFind(db)
  }

  async add(added: readonly Ballot[]): Promise<void> {
    const dates = new Set(added.map(({ lotteryDate }) => lotteryDate))
    const ofDate = (date: CalendarDate) => added.filter(({ lotteryDate }) => lotteryDate === date)
    await Promise.all([...dates].map((date) => this.#addOf(date, ofDate(date))))
  }

  async #addOf(date: CalendarDate, added: readonly Ballot[]): Promise<void> {
    await this.#insert.execute({
      date,
      ordinals: arrayLiteral(added.map(({ ordinal }) => ordinal)),
      ids: arrayLiteral(added.map(({ id }) => id)),
      userIds: arrayLiteral(added.map(({ userId }) => userId)),
      salts: bytesLiteral(added.map(({ salt }) => salt)),
      times: arrayLiteral(added.map(({ submittedAt }) => submittedAt)),
    })
  }

  async find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]> {
    const rows = await this.#find.execute({ date, ids: arrayLiteral(ids) })
    return rows.map(ballotOf).filter(isNamed)
  }

  async at(date: CalendarDate, ordinal: number): Promise<StoredBallot | undefined> {
    const [row] = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), eq(ballots.ordinal, ordinal)))
    return row && ballotOf(row)
  }

  async lastOrdinal(date: CalendarDate): Promise<number | undefined> {
    const [last] = await this.#db
      .select({ ordinal: ballots.ordinal })
      .from(ballots)
      .where(eq(ballots.lotteryDate, date))
      .orderBy(desc(ballots.ordinal))
      .limit(1)
    return last?.ordinal
  }

  async *ofBanned(date: CalendarDate, bans: readonly Ban[]): AsyncGenerator<readonly Exclusion[]> {
    if (bans.length === 0) return
    const userIds = arrayLiteral(bans.map(({ userId }) => userId))
    const eventIds = arrayLiteral(bans.map(({ eventId }) => eventId))
    const banned = sql`
      select ordinal, ban.event_id
      from ${ballots} join unnest(${userIds}::uuid[], ${eventIds}::uuid[]) as ban (user_id, event_id) using (user_id)
      where lottery_date = ${date}::date
      order by ordinal`
    yield* exclusionPages(this.#db, banned)
  }
}

/**
 * Look-up of any number of ids in one statement with two parameters. Each id is looked for in the index: the limit forbids to
 * join both sets, for which PostgreSQL would read the whole lottery.
 */
function prepareFind(db: Database) {
  const { placeholder } = sql
  const found = db
    .select()
    .from(ballots)
    .where(and(eq(ballots.lotteryDate, sql`${placeholder('date')}::date`), sql`${ballots.id} = given.id`))
    .limit(1)
    .as('found')
  return db
    .select(found._.selectedFields)
    .from(sql`unnest(${placeholder('ids')}::uuid[]) as given (id)`)
    .crossJoinLateral(found)
    .prepare('find_ballots')
}

/** Insert of any number of rows of a date in one statement with six parameters, which is parsed once for each connection. */
function prepareInsert(db: Database) {
  const { placeholder } = sql
  return db
    .insert(ballots)
    .select(sql`
      select ${placeholder('date')}::date, ordinal, id, user_id, salt, null::bytea, to_timestamp(ms / 1000.0)
      from unnest(
        ${placeholder('ordinals')}::bigint[],
        ${placeholder('ids')}::uuid[],
        ${placeholder('userIds')}::uuid[],
        ${placeholder('salts')}::bytea[],
        ${placeholder('times')}::bigint[]
      ) as added (ordinal, id, user_id, salt, ms)`)
    .prepare('add_ballots')
}
