import { asc, type SQL, sql } from 'drizzle-orm'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import type { StrayRows } from '../application/lottery-check-queries.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
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

/** Dates between two dates, both left out. */
interface Gap {
  readonly after: string
  readonly before: string
}

/** The first date without a lottery in each table that has rows of one. A lottery that was made meanwhile is read again. */
export async function strayRows(db: Database): Promise<readonly StrayRows[]> {
  for (let dates = await datesOf(db); ; ) {
    const gaps = gapsBetween(dates)
    const found: StrayRows[] = []
    for (const [name, table] of Object.entries(TABLES)) found.push(...(await strayDates(db, name, sql`${table}`, gaps)))
    found.push(...(await strayEvents(db, dates)))
    if (found.length === 0) return found
    dates = await datesOf(db)
    const known = new Set<string>(dates)
    if (!found.some(({ date }) => known.has(date))) return found
  }
}

async function datesOf(db: Database): Promise<CalendarDate[]> {
  const rows = await db.select({ date: lotteries.date }).from(lotteries).orderBy(asc(lotteries.date))
  return rows.map(({ date }) => CalendarDate.parse(date))
}

/** Days of which none has a lottery. Most lotteries follow each other, so there are few gaps. */
function gapsBetween(dates: readonly CalendarDate[]): Gap[] {
  const before = [...dates, 'infinity']
  const gaps = ['-infinity', ...dates].map((after, n) => ({ after, before: before[n] as string }))
  return gaps.filter(({ before }, n) => n === 0 || before !== CalendarDate.addDays(dates[n - 1] as CalendarDate, 1))
}

async function strayDates(db: Database, name: string, table: SQL, gaps: readonly Gap[]): Promise<StrayRows[]> {
  for (const { after, before } of gaps) {
    const { rows } = await db.execute<{ date: string }>(sql`
      select lottery_date::text as date from ${table}
      where lottery_date > ${after}::date and lottery_date < ${before}::date
      order by lottery_date limit 1`)
    if (rows[0]) return [{ rows: name, date: rows[0].date }]
  }
  return []
}

async function strayEvents(db: Database, dates: readonly CalendarDate[]): Promise<StrayRows[]> {
  const { rows } = await db.execute<{ date: string }>(sql`
    select substr(aggregate, 9) as date from (
      select aggregate, type from ${outbox} where type like 'lottery.%'
      union all
      select aggregate, type from audit_log where type = 'lottery.created.v1'
    ) event
    where not exists (select 1 from unnest(${arrayLiteral(dates)}::date[]) known where 'lottery/' || known = aggregate)
      and not (type = 'lottery.archived.v1' and exists (select 1 from archives where 'archive/' || month = aggregate))
    order by 1 limit 1`)
  return rows.map(({ date }) => ({ rows: 'events', date }))
}
