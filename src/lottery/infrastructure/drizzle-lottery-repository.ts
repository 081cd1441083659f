import { asc, desc, eq, isNotNull, sql } from 'drizzle-orm'
import type { Instant } from '../../shared/domain/instant.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { Lottery } from '../domain/lottery.ts'
import type { LockedLotteries, LotteryRepository } from '../domain/lottery-repository.ts'
import { type LastSeal, NO_SEAL } from '../domain/lottery-state.ts'
import { lotteryOf, rowOfLottery } from './rows.ts'
import { entropySecrets, ledgerSubtrees, lotteries } from './schema.ts'

export class DrizzleLotteryRepository implements LotteryRepository {
  readonly #db: Database
  readonly #lock: ReturnType<typeof prepareLock>
  readonly #grow: ReturnType<typeof prepareGrow>

  constructor(db: Database) {
    this.#db = db
    this.#lock = prepareLock(db)
    this.#grow = prepareGrow(db)
  }

  async now(): Promise<Instant> {
    return readClock(this.#db)
  }

  async lock(dates: readonly CalendarDate[]): Promise<LockedLotteries> {
    // Two statements, because one statement can read the clock before it gets the lock. They are sent together, cost one
    // round trip, and run one after the other.
    const [rows, at] = await Promise.all([this.#lock.execute({ dates: arrayLiteral(dates) }), readClock(this.#db)])
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
    await Promise.all([this.#update(lottery), this.#addSubtrees(lottery), addToOutbox(this.#db, lottery.takeEvents())])
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
    return { number: last?.number ?? NO_SEAL.number, hash: last?.hash ?? NO_SEAL.hash }
  }

  async #update({ state, status, date }: Lottery): Promise<void> {
    const row = rowOfLottery(state)
    if (status === 'open') await this.#grow.execute(row)
    else await this.#db.update(lotteries).set(row).where(eq(lotteries.date, date))
  }

  async #addSubtrees(lottery: Lottery): Promise<void> {
    const filled = lottery.takeFilledSubtrees()
    if (filled.length === 0) return
    await this.#db.insert(ledgerSubtrees).values(filled.map((subtree) => ({ lotteryDate: lottery.date, ...subtree })))
  }
}

function prepareLock(db: Database) {
  return db
    .select()
    .from(lotteries)
    .where(sql`${lotteries.date} = any(${sql.placeholder('dates')}::date[])`)
    .orderBy(asc(lotteries.date))
    .for('update')
    .prepare('lock_lotteries')
}

/** Update of the only columns that change while a lottery is open. */
function prepareGrow(db: Database) {
  const { placeholder } = sql
  return db
    .update(lotteries)
    .set({
      ballotCount: sql`${placeholder('ballotCount')}`,
      ledgerRange: sql`${placeholder('ledgerRange')}`,
      lastSeq: sql`${placeholder('lastSeq')}`,
    })
    .where(eq(lotteries.date, placeholder('date')))
    .prepare('grow_lottery')
}
