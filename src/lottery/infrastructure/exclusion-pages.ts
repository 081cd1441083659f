import type { SQL } from 'drizzle-orm'
import { cursorPages } from '../../shared/infrastructure/cursor-pages.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { Exclusion } from '../domain/seal.ts'

/** The insert of so many takes some 100 ms, far from the limit of a statement. */
const OF_A_PAGE = 10_000

/** Exclusions, page by page, from a query for `ordinal` and `event_id`. */
export async function* exclusionPages(db: Database, query: SQL): AsyncGenerator<readonly Exclusion[]> {
  for await (const rows of cursorPages<{ ordinal: string; event_id: string }>(db, query, OF_A_PAGE))
    yield rows.map((row) => ({ ordinal: Number(row.ordinal), eventId: row.event_id }))
}
