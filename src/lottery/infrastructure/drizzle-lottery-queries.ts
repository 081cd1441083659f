import { and, asc, count, desc, eq, gt, lt, ne, sql } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { BallotPlace, ExcludedBallot, LotteryQueries } from '../application/lottery-queries.ts'
import { type Ballot, type BallotId, isNamed, type StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState, LotteryStatus } from '../domain/lottery-state.ts'
import { ballotsByOrdinal, type OrdinalPage } from './ballots-by-ordinal.ts'
import { ballotOf, lotteryOf } from './rows.ts'
import { ballots, exclusions, keptBallots, lotteries, seals } from './schema.ts'

const DAY_MS = 86_400_000
/** Place after those of all ballots. */
const AFTER_ALL: BallotPlace = { date: CalendarDate.parse('9999-12-31'), ordinal: Number.MAX_SAFE_INTEGER }

export class DrizzleLotteryQueries implements LotteryQueries {
  readonly #db: Database
  readonly #ballotsOf: ReturnType<typeof prepareBallotsOf>

  constructor(db: Database) {
    this.#db = db
    this.#ballotsOf = prepareBallotsOf(db)
  }

  async find(date: CalendarDate): Promise<LotteryState | undefined> {
    const [row] = await this.#withSeals().where(eq(lotteries.date, date))
    return row && lotteryOf(row.lotteries, row.seals)
  }

  async list(page: { status?: LotteryStatus; before?: CalendarDate; limit: number }): Promise<readonly LotteryState[]> {
    const rows = await this.#withSeals()
      .where(and(page.status && eq(lotteries.status, page.status), page.before && lt(lotteries.date, page.before)))
      .orderBy(desc(lotteries.date))
      .limit(page.limit)
    return rows.map((row) => lotteryOf(row.lotteries, row.seals))
  }

  async ballot(date: CalendarDate, id: BallotId): Promise<StoredBallot | undefined> {
    const [row] = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), eq(ballots.id, id)))
    return row && ballotOf(row)
  }

  async ballotAt(date: CalendarDate, ordinal: number): Promise<Ballot | undefined> {
    const [row] = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), eq(ballots.ordinal, ordinal)))
    const ballot = row && ballotOf(row)
    return ballot && isNamed(ballot) ? ballot : undefined
  }

  async ballots(page: OrdinalPage): Promise<readonly StoredBallot[]> {
    return ballotsByOrdinal(this.#db, page)
  }

  async ballotsOf(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]> {
    const { userId, before = AFTER_ALL, limit } = page
    const rows = await this.#ballotsOf.execute({ userId, ...before, limit })
    return rows.map(ballotOf).filter(isNamed)
  }

  async exclusions(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly ExcludedBallot[]> {
    // One index read for each exclusion, and a second one where only the kept ballot is left.
    const bound = sql`lottery_date = ${page.date}::date and ordinal = ${exclusions.ordinal}`
    const ballot = sql`(
      select user_id, user_salt from ${ballots} where ${bound}
      union all select user_id, user_salt from ${keptBallots} where ${bound}
      limit 1) as ballot`
    return this.#db
      .select({
        ordinal: exclusions.ordinal,
        eventId: exclusions.eventId,
        userId: sql<UserId>`ballot.user_id`,
        salt: sql<Uint8Array>`ballot.user_salt`,
      })
      .from(exclusions)
      .crossJoinLateral(ballot)
      .where(and(eq(exclusions.lotteryDate, page.date), gt(exclusions.ordinal, page.after)))
      .orderBy(asc(exclusions.ordinal))
      .limit(page.limit)
  }

  /** The clock is read in a statement of its own: Citus would read that of a worker. */
  async due(): Promise<{ readonly dates: readonly CalendarDate[]; readonly untilMidnightMs: number }> {
    const at = await readClock(this.#db)
    const { date, status } = lotteries
    const rows = await this.#db
      .select({ date })
      .from(lotteries)
      .where(and(ne(status, 'closed'), lt(date, CalendarDate.of(at))))
      .orderBy(asc(date))
    return { dates: rows.map((row) => CalendarDate.parse(row.date)), untilMidnightMs: DAY_MS - (at % DAY_MS) }
  }

  async counts(): Promise<Readonly<Record<LotteryStatus | 'overdue', number>>> {
    const today = CalendarDate.of(await readClock(this.#db))
    const rows = await this.#db
      .select({
        status: lotteries.status,
        count: count(),
        over: sql<number>`(count(*) filter (where ${lotteries.date} < ${today}::date))::int`,
      })
      .from(lotteries)
      .groupBy(lotteries.status)
    const counts = { open: 0, sealed: 0, closed: 0, overdue: 0 }
    for (const row of rows) {
      counts[row.status] = row.count
      if (row.status !== 'closed') counts.overdue += row.over
    }
    return counts
  }

  #withSeals() {
    return this.#db.select().from(lotteries).leftJoin(seals, eq(seals.lotteryDate, lotteries.date))
  }
}

/** Prepared, because planning a read of all months takes longer than the read. */
function prepareBallotsOf(db: Database) {
  const { placeholder } = sql
  const { userId, lotteryDate, ordinal } = ballots
  return db
    .select()
    .from(ballots)
    .where(
      and(
        eq(userId, placeholder('userId')),
        sql`(${lotteryDate}, ${ordinal}) < (${placeholder('date')}::date, ${placeholder('ordinal')}::bigint)`,
      ),
    )
    .orderBy(desc(lotteryDate), desc(ordinal))
    .limit(placeholder('limit'))
    .prepare('ballots_of_user')
}
