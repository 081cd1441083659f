import { asc, eq, inArray, sql } from 'drizzle-orm'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { Lottery } from '../domain/lottery.ts'
import type { LockedLotteries, LotteryRepository } from '../domain/lottery-repository.ts'
import { lotteryOf, rowOfLottery } from './rows.ts'
import { lotteries } from './schema.ts'

export class DrizzleLotteryRepository implements LotteryRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async lock(dates: readonly CalendarDate[]): Promise<LockedLotteries> {
    const rows =
      dates.length === 0
        ? []
        : await this.#db
            .select()
            .from(lotteries)
            .where(inArray(lotteries.date, [...dates]))
            .orderBy(asc(lotteries.date))
            .for('update')
    // A statement of its own: in the locking statement the clock can be read before the lock is got.
    const at = await readClock(this.#db)
    const locked = rows.map((row) => Lottery.rehydrate(lotteryOf(row)))
    return { byDate: new Map(locked.map((lottery) => [lottery.date, lottery])), at }
  }

  async add(lottery: Lottery): Promise<boolean> {
    await this.#db.execute(sql`select ensure_ballots_partition(${lottery.date}::date)`)
    const added = await this.#db
      .insert(lotteries)
      .values(rowOfLottery(lottery.state))
      .onConflictDoNothing()
      .returning({ date: lotteries.date })
    if (added.length === 0) return false
    await addToOutbox(this.#db, lottery.takeEvents())
    return true
  }

  async save(lottery: Lottery): Promise<void> {
    await this.#db.update(lotteries).set(rowOfLottery(lottery.state)).where(eq(lotteries.date, lottery.date))
    await addToOutbox(this.#db, lottery.takeEvents())
  }
}
