import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { DatabaseUnavailable } from '../application/unavailable.ts'
import { named } from './postgres-errors.ts'

const MIGRATIONS = fileURLToPath(new URL('../../../drizzle', import.meta.url))
const CONNECT_TIMEOUT_MS = 3_000
const RETRY_MS = 500

/**
 * Applies missing migrations. Any number of replicas may call it at the same time: it takes an advisory lock, which
 * drizzle's migrate() does not. An aborted signal ends the connection, and the server rolls back.
 */
export async function migrateDatabase(url: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lottery-service migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  const end = () => void client.end()
  signal?.addEventListener('abort', end)
  try {
    await client.connect()
    await client.query("select pg_advisory_lock(hashtext('lottery-service migrate'))")
    await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS })
  } catch (error) {
    signal?.throwIfAborted()
    throw named(error)
  } finally {
    signal?.removeEventListener('abort', end)
    await client.end()
  }
}

interface Waiting {
  readonly withinMs: number
  readonly signal: AbortSignal
  /** Called once, with the error of the first try, when the database cannot be reached at once. */
  readonly onWait: (reason: DatabaseUnavailable) => void
}

/**
 * Migrates as soon as the database answers; the server may still be starting.
 * @throws DatabaseUnavailable when the database does not answer within `withinMs` milliseconds
 */
export async function migrateWhenUp(url: string, { withinMs, signal, onWait }: Waiting): Promise<void> {
  let waiting = false
  for (const deadline = Date.now() + withinMs; ; await setTimeout(RETRY_MS, undefined, { signal })) {
    try {
      return await migrateDatabase(url, signal)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || Date.now() >= deadline) throw error
      if (!waiting) onWait(error)
      waiting = true
    }
  }
}
