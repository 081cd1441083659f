import { and, asc, between, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { recordedEvents } from '../../shared/infrastructure/schema.ts'
import type { ChainedSeal } from '../application/check-seal-chain.ts'
import type {
  Departure,
  LedgerCounts,
  LoggedEvent,
  LotteryCheckQueries,
  StoredLottery,
  StrayRows,
} from '../application/lottery-check-queries.ts'
import type { StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { Ban } from '../domain/participants.ts'
import type { Exclusion } from '../domain/seal.ts'
import { ballotOf, lotteryOf, rowOfLottery } from './rows.ts'
import { ballots, entropySecrets, exclusions, keptBallots, ledgerSubtrees, lotteries, seals } from './schema.ts'
import { strayRows } from './stray-rows.ts'

/** Place of the sealed event of a row in the audit log. */
const SEALED_AT = sql<string | null>`(
  select audit_index from ${recordedEvents}
  where aggregate = 'lottery/' || ${seals.lotteryDate} and type = 'lottery.sealed.v1' order by seq limit 1)`

export class DrizzleLotteryCheckQueries implements LotteryCheckQueries {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async find(date: CalendarDate): Promise<StoredLottery | undefined> {
    const [row] = await this.#stored(eq(lotteries.date, date), 1)
    return row
  }

  async list({ before, limit }: { before?: CalendarDate; limit: number }): Promise<readonly StoredLottery[]> {
    return this.#stored(before && lt(lotteries.date, before), limit)
  }

  async ballots(date: CalendarDate, from: number, to: number): Promise<readonly StoredBallot[]> {
    const rows = await this.#db
      .select()
      .from(ballots)
      .where(and(eq(ballots.lotteryDate, date), between(ballots.ordinal, from, to)))
      .orderBy(asc(ballots.ordinal))
    return rows.map(ballotOf)
  }

  async ledgerCounts(date: CalendarDate): Promise<LedgerCounts> {
    const ofDate = sql`where lottery_date = ${date}::date`
    const { rows } = await this.#db.execute<Record<keyof LedgerCounts, string | null>>(sql`
      select
        (select ballot_count from ${lotteries} where date = ${date}::date) as size,
        (select min(ordinal) from ${ballots} ${ofDate}) as first,
        (select max(ordinal) from ${ballots} ${ofDate}) as last,
        (select count(*) from ${ledgerSubtrees} ${ofDate}) as subtrees`)
    const { size, first, last, subtrees } = rows[0] ?? {}
    const numberOf = (text: string | null | undefined) => (text == null ? null : Number(text))
    return { size: Number(size), first: numberOf(first), last: numberOf(last), subtrees: Number(subtrees) }
  }

  async departureOf(date: CalendarDate): Promise<Departure | undefined> {
    // The table of a verified month is detached before its state says so.
    const { rows } = await this.#db.execute<{ state: Departure }>(sql`
      select case state when 'dropped' then 'dropped' else 'detached' end as state from archives
      where month = ${date.slice(0, 7)} and (state in ('detached', 'dropped') or state = 'verified' and exists (
        select from pg_class where oid = to_regclass('ballots_' || replace(month, '-', '_')) and not relispartition))`)
    return rows[0]?.state
  }

  async exclusions(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly Exclusion[]> {
    const { lotteryDate, ordinal, eventId } = exclusions
    return this.#db
      .select({ ordinal, eventId })
      .from(exclusions)
      .where(and(eq(lotteryDate, page.date), gt(ordinal, page.after)))
      .orderBy(asc(ordinal))
      .limit(page.limit)
  }

  async ofBanned(date: CalendarDate, bans: readonly Ban[]): Promise<readonly Exclusion[]> {
    if (bans.length === 0) return []
    const ofDate = (table: SQL) => sql`
      select ordinal, event_id from ${table} join bans using (user_id) where lottery_date = ${date}::date`
    const { rows } = await this.#db.execute<{ ordinal: string; event_id: string }>(sql`
      with bans (user_id, event_id) as (
        select * from unnest(
          ${arrayLiteral(bans.map(({ userId }) => userId))}::uuid[],
          ${arrayLiteral(bans.map(({ eventId }) => eventId))}::uuid[])
      )
      ${ofDate(sql`${ballots}`)} union ${ofDate(sql`${keptBallots}`)} order by ordinal`)
    return rows.map((row) => ({ ordinal: Number(row.ordinal), eventId: row.event_id }))
  }

  async seals(): Promise<readonly ChainedSeal[]> {
    const rows = await this.#db
      .select({
        date: seals.lotteryDate,
        number: seals.number,
        previous: seals.previousHash,
        hash: seals.hash,
        auditIndex: SEALED_AT,
      })
      .from(seals)
      .orderBy(asc(seals.number))
    return rows.map(({ date, auditIndex, ...seal }) => ({
      ...seal,
      date: CalendarDate.parse(date),
      auditIndex: auditIndex === null ? null : Number(auditIndex),
    }))
  }

  strayRows(): Promise<readonly StrayRows[]> {
    return strayRows(this.#db)
  }

  /**
   * Rows and their events. An event that a lottery got in between has changed its row, and then both are read again. One
   * statement could read both, but Citus would copy all events for it.
   */
  async #stored(where: SQL | undefined, limit: number): Promise<StoredLottery[]> {
    for (let before = await this.#rows(where, limit); ; ) {
      const events = await this.#eventsOf(before.map(({ lottery }) => lottery.date))
      const rows = await this.#rows(where, limit)
      if (rows.every(({ lottery }, n) => isSame(lottery, before[n]?.lottery)) && rows.length === before.length)
        return rows.map((row) => storedOf(row, events))
      before = rows
    }
  }

  #rows(where: SQL | undefined, limit: number) {
    return this.#db
      .select({ lottery: lotteries, seal: seals, secret: entropySecrets.secret })
      .from(lotteries)
      .leftJoin(seals, eq(seals.lotteryDate, lotteries.date))
      .leftJoin(entropySecrets, eq(entropySecrets.lotteryDate, lotteries.date))
      .where(where)
      .orderBy(desc(lotteries.date))
      .limit(limit)
  }

  async #eventsOf(dates: readonly string[]): Promise<LoggedEvent[]> {
    const aggregates = dates.map((date) => `lottery/${date}`)
    if (aggregates.length === 0) return []
    const { aggregate, seq } = recordedEvents
    const rows = await this.#db
      .select()
      .from(recordedEvents)
      .where(inArray(aggregate, aggregates))
      .orderBy(asc(aggregate), asc(seq))
    return rows.map((row) => ({ ...recordedEventOf(row), auditIndex: row.auditIndex }))
  }
}

type StoredRow = {
  readonly lottery: typeof lotteries.$inferSelect
  readonly seal: typeof seals.$inferSelect | null
  readonly secret: Uint8Array | null
}

function isSame(row: StoredRow['lottery'], before: StoredRow['lottery'] | undefined): boolean {
  return row.date === before?.date && row.status === before.status && row.lastSeq === before.lastSeq
}

function storedOf({ lottery, seal, secret }: StoredRow, events: readonly LoggedEvent[]): StoredLottery {
  const state = lotteryOf(lottery, seal)
  return {
    state,
    oddColumns: differences(lottery, rowOfLottery(state)),
    secret: secret ?? undefined,
    events: events.filter(({ aggregate }) => aggregate === `lottery/${lottery.date}`),
  }
}

/** Names of the columns in which two rows differ. */
function differences(row: typeof lotteries.$inferSelect, expected: typeof lotteries.$inferSelect): string[] {
  const columns = Object.keys(lotteries) as (keyof typeof lotteries.$inferSelect)[]
  return columns
    .filter((column) => column in expected && textOf(row[column]) !== textOf(expected[column]))
    .map((column) => lotteries[column].name)
}

function textOf(value: Uint8Array | Date | string | number | null): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
}
