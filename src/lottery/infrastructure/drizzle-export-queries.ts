import { and, asc, between, eq, gt, isNotNull, lt, sql } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import type { Days, ExportQueries, UserPlace } from '../application/export-queries.ts'
import { type Ballot, type BallotId, isNamed, type StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import { ballotsByOrdinal, type OrdinalPage } from './ballots-by-ordinal.ts'
import { ballotOf, lotteryOf } from './rows.ts'
import { ballots, lotteries, seals } from './schema.ts'

export class DrizzleExportQueries implements ExportQueries {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async datesBefore(before: CalendarDate): Promise<readonly CalendarDate[]> {
    const { date } = lotteries
    const rows = await this.#db.select({ date }).from(lotteries).where(lt(date, before)).orderBy(asc(date))
    return rows.map((row) => CalendarDate.parse(row.date))
  }

  async lotteries({ first, last }: Days): Promise<readonly LotteryState[]> {
    const rows = await this.#db
      .select()
      .from(lotteries)
      .leftJoin(seals, eq(seals.lotteryDate, lotteries.date))
      .where(between(lotteries.date, first, last))
      .orderBy(asc(lotteries.date))
    return rows.map((row) => lotteryOf(row.lotteries, row.seals))
  }

  async withPendingEvents({ first, last }: Days): Promise<readonly CalendarDate[]> {
    const { rows } = await this.#db.execute<{ date: string }>(sql`
      select distinct date::text as date from ${lotteries} join ${outbox} on aggregate = 'lottery/' || date
      where date between ${first} and ${last} and (audit_index is null or published_at is null)
      order by 1`)
    return rows.map(({ date }) => CalendarDate.parse(date))
  }

  async byOrdinal(page: OrdinalPage): Promise<readonly StoredBallot[]> {
    return ballotsByOrdinal(this.#db, page)
  }

  async byId({ date, after, limit }: { date: CalendarDate; after: BallotId | undefined; limit: number }) {
    const rows = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), after && gt(ballots.id, after)))
      .orderBy(asc(ballots.id))
      .limit(limit)
    return rows.map(ballotOf)
  }

  async byUser(page: Days & { after: UserPlace | undefined; limit: number }): Promise<readonly Ballot[]> {
    const { userId, lotteryDate, ordinal } = ballots
    const { first, last, after, limit } = page
    const rows = await this.#db
      .select()
      .from(ballots)
      .where(
        and(
          between(lotteryDate, first, last),
          isNotNull(userId),
          after &&
            sql`(${userId}, ${lotteryDate}, ${ordinal}) > (${after.userId}::uuid, ${after.lotteryDate}::date, ${after.ordinal}::bigint)`,
        ),
      )
      .orderBy(asc(userId), asc(lotteryDate), asc(ordinal))
      .limit(limit)
    return rows.map(ballotOf).filter(isNamed)
  }
}
