import { sql } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'

/** Creates the partitions of this month and the next, by the database's clock, unless they exist. */
export async function prepareBallotPartitions(db: Database): Promise<void> {
  await db.execute(sql`
    select ensure_ballots_partition((today + make_interval(months => ahead))::date)
    from (select (clock_timestamp() at time zone 'UTC')::date as today) clock, generate_series(0, 1) ahead`)
}
