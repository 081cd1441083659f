import { asc, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { STORED_LEVELS } from '../domain/ledger-proofs.ts'
import { Lottery } from '../domain/lottery.ts'
import type { LockedLotteries, LotteryRepository } from '../domain/lottery-repository.ts'
import type { LastSeal } from '../domain/lottery-state.ts'
import { NO_PREVIOUS_SEAL } from '../domain/seal.ts'
import { lotteryOf, rowOfLottery } from './rows.ts'
import { entropySecrets, ledgerSubtrees, lotteries } from './schema.ts'

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

  async add(lottery: Lottery, secret: Uint8Array | undefined): Promise<boolean> {
    await this.#db.execute(sql`select ensure_ballots_partition(${lottery.date}::date)`)
    const added = await this.#db
      .insert(lotteries)
      .values(rowOfLottery(lottery.state))
      .onConflictDoNothing()
      .returning({ date: lotteries.date })
    if (added.length === 0) return false
    if (secret) await this.#db.insert(entropySecrets).values({ lotteryDate: lottery.date, secret })
    await addToOutbox(this.#db, lottery.takeEvents())
    return true
  }

  async save(lottery: Lottery): Promise<void> {
    await this.#db.update(lotteries).set(rowOfLottery(lottery.state)).where(eq(lotteries.date, lottery.date))
    await this.#addSubtrees(lottery)
    await addToOutbox(this.#db, lottery.takeEvents())
  }

  async secretOf(date: CalendarDate): Promise<Uint8Array | undefined> {
    const [row] = await this.#db.select().from(entropySecrets).where(eq(entropySecrets.lotteryDate, date))
    return row?.secret
  }

  async lastSeal(): Promise<LastSeal> {
    await this.#db.execute(sql`select pg_advisory_xact_lock(hashtext('lottery seal chain'))`)
    const [last] = await this.#db
      .select({ number: lotteries.sealNumber, hash: lotteries.sealHash })
      .from(lotteries)
      .where(isNotNull(lotteries.sealNumber))
      .orderBy(desc(lotteries.sealNumber))
      .limit(1)
    return { number: last?.number ?? 0, hash: last?.hash ?? NO_PREVIOUS_SEAL }
  }

  async #addSubtrees(lottery: Lottery): Promise<void> {
    const kept = lottery.takeFilledSubtrees().filter(({ level }) => STORED_LEVELS.some((stored) => stored === level))
    if (kept.length === 0) return
    await this.#db.insert(ledgerSubtrees).values(kept.map((subtree) => ({ lotteryDate: lottery.date, ...subtree })))
  }
}
