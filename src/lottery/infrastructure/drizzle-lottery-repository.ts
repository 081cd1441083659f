import { and, desc, eq, type InferSelectModel, inArray, sql } from 'drizzle-orm'
import type { Instant } from '../../shared/domain/instant.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LedgerBroken } from '../domain/errors.ts'
import { Lottery } from '../domain/lottery.ts'
import type { LockedLotteries, LotteryRepository } from '../domain/lottery-repository.ts'
import { type LastSeal, NO_SEAL, statusOf } from '../domain/lottery-state.ts'
import type { Exclusion } from '../domain/seal.ts'
import { exclusionPages } from './exclusion-pages.ts'
import { lotteryOf, rowOfLottery, rowOfSeal } from './rows.ts'
import { entropySecrets, exclusions, ledgerSubtrees, lotteries, seals } from './schema.ts'

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
    // Statements of their own: one statement can read the clock before it gets the lock, and Citus locks rows of one date at a
    // time. They are sent together, cost one round trip, and run one after the other.
    const locks = dates.toSorted().map((date) => this.#lock.execute({ date }))
    const [found, at] = await Promise.all([Promise.all(locks), readClock(this.#db)])
    const rows = found.flat()
    const sealOf = await this.#sealsOf(rows.filter(({ status }) => status !== 'open').map(({ date }) => date))
    const locked = rows.map((row) => {
      const state = lotteryOf(row, sealOf.get(row.date))
      if (statusOf(state) !== row.status) throw new LedgerBroken(state.date, 'its stored seal does not fit its status')
      return Lottery.rehydrate(state)
    })
    return { byDate: new Map(locked.map((lottery) => [lottery.date, lottery])), at }
  }

  async add(lottery: Lottery, secret: Uint8Array | undefined): Promise<boolean> {
    await this.#db.execute(sql`select ensure_month(${lottery.date}::date)`)
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
    await Promise.all([
      this.#update(lottery),
      this.#addSubtrees(lottery),
      this.#addSeal(lottery),
      addToOutbox(this.#db, lottery.takeEvents()),
    ])
  }

  async secretOf(date: CalendarDate): Promise<Uint8Array | undefined> {
    const [row] = await this.#db.select().from(entropySecrets).where(eq(entropySecrets.lotteryDate, date))
    return row?.secret
  }

  async createdEventOf(date: CalendarDate): Promise<string> {
    const [event] = await this.#db
      .select({ id: outbox.id })
      .from(outbox)
      .where(and(eq(outbox.aggregate, `lottery/${date}`), eq(outbox.type, 'lottery.created.v1')))
    if (!event) throw new Error(`the event of the creation of the lottery of ${date} is not stored`)
    return event.id
  }

  async addExclusions(date: CalendarDate, added: readonly Exclusion[]): Promise<void> {
    const ordinals = arrayLiteral(added.map(({ ordinal }) => ordinal))
    const eventIds = arrayLiteral(added.map(({ eventId }) => eventId))
    await this.#db.insert(exclusions).select(sql`
      select ${date}::date, ordinal, event_id
      from unnest(${ordinals}::bigint[], ${eventIds}::uuid[]) as added (ordinal, event_id)`)
  }

  async *exclusionsOf(date: CalendarDate): AsyncGenerator<readonly Exclusion[]> {
    const stored = sql`select ordinal, event_id from ${exclusions} where lottery_date = ${date}::date order by ordinal`
    yield* exclusionPages(this.#db, stored)
  }

  async lastSeal(): Promise<LastSeal> {
    await this.#db.execute(sql`select pg_advisory_xact_lock(hashtext('lottery seal chain'))`)
    const { number, hash } = seals
    const [last] = await this.#db.select({ number, hash }).from(seals).orderBy(desc(number)).limit(1)
    return last ?? NO_SEAL
  }

  async #update({ state, status }: Lottery): Promise<void> {
    const row = rowOfLottery(state)
    const { date, ...columns } = row // Citus refuses to set the date, which says where a row is
    if (status === 'open') await this.#grow.execute(row)
    else await this.#db.update(lotteries).set(columns).where(eq(lotteries.date, date))
  }

  /** Seals are read after the locks: a row read with a lock that was waited for is newer than what it is joined with. */
  async #sealsOf(dates: string[]): Promise<ReadonlyMap<string, InferSelectModel<typeof seals>>> {
    if (dates.length === 0) return new Map()
    const rows = await this.#db.select().from(seals).where(inArray(seals.lotteryDate, dates))
    return new Map(rows.map((row) => [row.lotteryDate, row]))
  }

  async #addSeal(lottery: Lottery): Promise<void> {
    const { date, seal } = lottery
    if (!seal || lottery.draw) return
    await this.#db.insert(seals).values(rowOfSeal(date, seal))
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
    .where(eq(lotteries.date, sql.placeholder('date')))
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
