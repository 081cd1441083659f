import { and, asc, between, desc, eq, gt, lt, type SQL, sql } from 'drizzle-orm'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox, recordedEvents } from '../../shared/infrastructure/schema.ts'
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

/** Tables with rows of lotteries, by the name of their rows. */
const TABLES = {
  ballots,
  'kept ballots': keptBallots,
  'stored subtrees': ledgerSubtrees,
  exclusions,
  seals,
  secrets: entropySecrets,
}

type EventRow = Omit<typeof recordedEvents.$inferSelect, 'occurredAt'> & { readonly occurredAt: string }

/** Events of the lottery of a row, as JSON, so that one statement reads both. */
const EVENTS = sql<EventRow[]>`(
  select coalesce(json_agg(json_build_object('id', id, 'aggregate', aggregate, 'seq', seq, 'type', type, 'data', data,
    'actor', actor, 'requestId', request_id, 'occurredAt', occurred_at, 'auditIndex', audit_index) order by seq), '[]')
  from ${recordedEvents} where aggregate = 'lottery/' || ${lotteries.date})`

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

  async strayRows(): Promise<readonly StrayRows[]> {
    const found: StrayRows[] = []
    for (const [rows, table] of Object.entries(TABLES)) found.push(...(await this.#strayDates(rows, sql`${table}`)))
    const { rows: events } = await this.#db.execute<{ date: string }>(sql`
      select substr(aggregate, 9) as date from (
        select aggregate, type from ${outbox} where type like 'lottery.%'
        union all
        select aggregate, type from audit_log where type = 'lottery.created.v1'
      ) event
      where not exists (select from ${lotteries} where 'lottery/' || ${lotteries.date} = aggregate)
        and not (type = 'lottery.archived.v1' and exists (select from archives where 'archive/' || month = aggregate))
      order by 1 limit 1`)
    return [...found, ...events.map(({ date }) => ({ rows: 'events', date }))]
  }

  /** Finds the first date without a lottery. It takes one index read for each date, not one for each row. */
  async #strayDates(rows: string, table: SQL): Promise<StrayRows[]> {
    const next = sql`select lottery_date from ${table}`
    const { rows: found } = await this.#db.execute<{ date: string }>(sql`
      with recursive dates (date) as (
        (${next} order by lottery_date limit 1)
        union all
        select (${next} where lottery_date > dates.date order by lottery_date limit 1) from dates where date is not null
      )
      select date::text from dates
      where date is not null and not exists (select from ${lotteries} where ${lotteries.date} = dates.date)
      order by date limit 1`)
    return found.map(({ date }) => ({ rows, date }))
  }

  async #stored(where: SQL | undefined, limit: number): Promise<StoredLottery[]> {
    const rows = await this.#db
      .select({ lottery: lotteries, seal: seals, secret: entropySecrets.secret, events: EVENTS })
      .from(lotteries)
      .leftJoin(seals, eq(seals.lotteryDate, lotteries.date))
      .leftJoin(entropySecrets, eq(entropySecrets.lotteryDate, lotteries.date))
      .where(where)
      .orderBy(desc(lotteries.date))
      .limit(limit)
    return rows.map(({ lottery, seal, secret, events }) => {
      const state = lotteryOf(lottery, seal)
      return {
        state,
        oddColumns: differences(lottery, rowOfLottery(state)),
        secret: secret ?? undefined,
        events: events.map(loggedEventOf),
      }
    })
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

function loggedEventOf(row: EventRow): LoggedEvent {
  return { ...recordedEventOf({ ...row, occurredAt: new Date(row.occurredAt) }), auditIndex: row.auditIndex }
}
