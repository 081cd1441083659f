import { sql } from 'drizzle-orm'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { BallotsOfUser, ForgottenPage } from '../application/ballots-of-user.ts'
import type { BallotPlace } from '../application/lottery-queries.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { ballots, exclusions, lotteries } from './schema.ts'

export class DrizzleBallotsOfUser implements BallotsOfUser {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * One statement. A lottery that is closed stays so, with the same winner and exclusions, so no lock is needed. The
   * commitment is that of lottery-draw-v2 section 1.
   */
  async forgetPage(page: { userId: UserId; after?: BallotPlace; limit: number }): Promise<ForgottenPage> {
    const { userId, after, limit } = page
    const place = sql`(${after?.date ?? '-infinity'}::date, ${after?.ordinal ?? 0}::bigint)`
    const { rows } = await this.#db.execute<{ date: string; ordinal: string; is_closed: boolean }>(sql`
      with page as (
        select lottery_date, ordinal from ${ballots}
        where user_id = ${userId}::uuid and (lottery_date, ordinal) > ${place}
        order by lottery_date, ordinal limit ${limit}
      ), judged as (
        select lottery_date, ordinal, coalesce(status = 'closed', false) as is_closed,
          ordinal is distinct from winner_ordinal and not exists (
            select from ${exclusions}
            where ${exclusions.lotteryDate} = page.lottery_date and ${exclusions.ordinal} = page.ordinal) as is_unnamed
        from page left join ${lotteries} on date = lottery_date
      ), forgotten as (
        update ${ballots} ballot
        set user_id = null, user_salt = null, user_commit = sha256('LSU1'::bytea || user_salt || uuid_send(user_id))
        from judged
        where is_closed and is_unnamed and user_id = ${userId}::uuid
          and ballot.lottery_date = judged.lottery_date and ballot.ordinal = judged.ordinal
      )
      select lottery_date::text as date, ordinal, is_closed from judged order by lottery_date, ordinal`)
    return {
      places: rows.map(({ date, ordinal }) => ({ date: CalendarDate.parse(date), ordinal: Number(ordinal) })),
      areClosed: rows.every((row) => row.is_closed),
    }
  }
}
