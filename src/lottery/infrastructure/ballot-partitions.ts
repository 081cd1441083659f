import { sql } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'

/** Creates the partitions of all months that a lottery can be opened in, by the database's clock, unless they exist. */
export async function prepareMonths(db: Database, daysAhead: number): Promise<void> {
  await db.execute(sql`
    select ensure_month(day::date)
    from (select (clock_timestamp() at time zone 'UTC')::date as today) clock,
      generate_series(date_trunc('month', today), today + ${daysAhead}::int, interval '1 month') day`)
}
