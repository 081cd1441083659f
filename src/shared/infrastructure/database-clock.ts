import { type SQL, sql } from 'drizzle-orm'
import type { Instant } from '../domain/instant.ts'
import type { Database } from './postgres-pool.ts'

/**
 * The server's clock when this expression is evaluated, in whole milliseconds since 1970, rounded down so that the last
 * microsecond of a day stays in that day. `now()` would give the transaction's start, which is past after a lock wait.
 */
export const clockMs: SQL<Instant> = sql`floor(extract(epoch from clock_timestamp()) * 1000)::float8`

export async function readClock(db: Database): Promise<Instant> {
  const { rows } = await db.execute<{ at: Instant }>(sql`select ${clockMs} as at`)
  return (rows[0] as { at: Instant }).at
}
