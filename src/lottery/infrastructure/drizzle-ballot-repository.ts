import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { Ballot, BallotId } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { BallotRepository } from '../domain/lottery-repository.ts'
import { DrizzleLedgerNodes } from './drizzle-ledger-nodes.ts'
import { ballotOf } from './rows.ts'
import { ballots } from './schema.ts'

export class DrizzleBallotRepository extends DrizzleLedgerNodes implements BallotRepository {
  readonly #db: Database

  constructor(db: Database) {
    super(db)
    this.#db = db
  }

  async add(added: readonly Ballot[]): Promise<void> {
    const column = (values: readonly unknown[]) => sql.param(values)
    await this.#db.execute(sql`
      insert into ballots (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
      select * from unnest(
        ${column(added.map(({ lotteryDate }) => lotteryDate))}::date[],
        ${column(added.map(({ ordinal }) => ordinal))}::bigint[],
        ${column(added.map(({ id }) => id))}::uuid[],
        ${column(added.map(({ userId }) => userId))}::uuid[],
        ${column(added.map(({ salt }) => salt))}::bytea[],
        ${column(added.map(({ submittedAt }) => new Date(submittedAt).toISOString()))}::timestamptz[])`)
  }

  async find(date: CalendarDate, ids: readonly BallotId[]): Promise<readonly Ballot[]> {
    const rows = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), inArray(ballots.id, [...ids])))
    return rows.map(ballotOf)
  }

  async at(date: CalendarDate, ordinal: number): Promise<Ballot | undefined> {
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

  async ordinalsOf(date: CalendarDate, userIds: readonly UserId[]): Promise<readonly number[]> {
    const rows = await this.#db
      .select({ ordinal: ballots.ordinal })
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), sql`${ballots.userId} = any(${sql.param([...userIds])}::uuid[])`))
      .orderBy(asc(ballots.ordinal))
    return rows.map(({ ordinal }) => ordinal)
  }
}
