import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { packHashes, unpackHashes } from '../../ledger/infrastructure/packed-hashes.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { KeptBallot, KeptBallots, KeptPlace } from '../application/kept-ballots.ts'
import type { BallotId } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { ballots, exclusions, keptBallots } from './schema.ts'

export class DrizzleKeptBallots implements KeptBallots {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async add({ lotteryDate, ordinal, id, userId, salt, submittedAt, proof }: KeptBallot): Promise<void> {
    const row = { lotteryDate, ordinal, id, userId, userSalt: salt, submittedAt: new Date(submittedAt) }
    await this.#db
      .insert(keptBallots)
      .values({ ...row, proof: proof && packHashes(proof) })
      .onConflictDoNothing()
  }

  async addExcluded({ date, after, limit }: { date: CalendarDate; after: number; limit: number }) {
    const { rows } = await this.#db.execute<{ last: string | null }>(sql`
      with page as (
        select ordinal from ${exclusions}
        where lottery_date = ${date}::date and ordinal > ${after}
        order by ordinal limit ${limit}
      ), added as (
        insert into ${keptBallots} (lottery_date, ordinal, id, user_id, user_salt, submitted_at)
        select lottery_date, ordinal, id, user_id, user_salt, submitted_at
        from page join ${ballots} using (ordinal) where lottery_date = ${date}::date and user_id is not null
        on conflict do nothing
      )
      select max(ordinal) as last from page`)
    const last = rows[0]?.last ?? null
    return last === null ? undefined : Number(last)
  }

  async find(date: CalendarDate, ordinal: number): Promise<KeptBallot | undefined> {
    const [row] = await this.#db
      .select()
      .from(keptBallots)
      .where(and(eq(keptBallots.lotteryDate, date), eq(keptBallots.ordinal, ordinal)))
    return row && keptBallotOf(row)
  }

  async keptAt<Place extends KeptPlace>(places: readonly Place[]): Promise<readonly Place[]> {
    const { rows } = await this.#db.execute<{ place: string }>(sql`
      select lottery_date || '/' || ordinal as place from ${keptBallots} where (lottery_date, ordinal) in (
        select * from unnest(
          ${arrayLiteral(places.map(({ lotteryDate }) => lotteryDate))}::date[],
          ${arrayLiteral(places.map(({ ordinal }) => ordinal))}::bigint[]))`)
    const kept = new Set(rows.map(({ place }) => place))
    return places.filter(({ lotteryDate, ordinal }) => kept.has(`${lotteryDate}/${ordinal}`))
  }

  async list({ date, after, limit }: { date: CalendarDate; after: number; limit: number }) {
    const rows = await this.#db
      .select()
      .from(keptBallots)
      .where(and(eq(keptBallots.lotteryDate, date), gt(keptBallots.ordinal, after)))
      .orderBy(asc(keptBallots.ordinal))
      .limit(limit)
    return rows.map(keptBallotOf)
  }
}

function keptBallotOf(row: typeof keptBallots.$inferSelect): KeptBallot {
  return {
    id: row.id as BallotId,
    userId: row.userId as UserId,
    lotteryDate: CalendarDate.parse(row.lotteryDate),
    ordinal: row.ordinal,
    submittedAt: row.submittedAt.getTime(),
    salt: row.userSalt,
    proof: row.proof && unpackHashes(row.proof),
  }
}
