import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './postgres-pool.ts'

/**
 * Rows of a query, page by page. The server sorts once and keeps the rest, and sends the next page while the caller works on
 * one. It needs a transaction, which may run other statements between two pages, but not a second cursor.
 */
export async function* cursorPages<Row>(db: Database, query: SQL, rowsOfAPage: number): AsyncGenerator<readonly Row[]> {
  // By default, PostgreSQL plans for the first tenth of the rows, which may mean to read a whole table for a few of them.
  await Promise.all([
    db.execute(sql`set local cursor_tuple_fraction = 1`),
    db.execute(sql`declare pages no scroll cursor for ${query}`),
  ])
  const fetch = async () =>
    (await db.execute(sql.raw(`fetch ${rowsOfAPage} from pages`))).rows as unknown as readonly Row[]
  for (let next: Promise<readonly Row[]> | undefined = fetch(); next; ) {
    const rows: readonly Row[] = await next
    next = rows.length < rowsOfAPage ? undefined : fetch()
    next?.catch(() => {}) // the next turn throws it, unless the caller has failed before
    if (rows.length > 0) yield rows
  }
  await db.execute(sql`close pages`)
}
