import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { DatabaseUnavailable } from '../application/unit-of-work.ts'
import { named } from './postgres-errors.ts'

const MIGRATIONS = fileURLToPath(new URL('../../../drizzle', import.meta.url))
const CONNECT_TIMEOUT_MS = 3_000
const RETRY_MS = 500

/** Applies what is missing. Any number of replicas may call it at once: drizzle's migrate() has no lock, so this has. */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lottery-service migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query("select pg_advisory_lock(hashtext('lottery-service migrate'))")
    await migrate(drizzle({ client }), { migrationsFolder: MIGRATIONS })
  } catch (error) {
    throw named(error)
  } finally {
    await client.end()
  }
}

/** Migrates as soon as the database answers, which may be starting itself. @throws after `waitMs` without an answer */
export async function migrateWhenUp(url: string, waitMs: number, signal: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + waitMs; ; await setTimeout(RETRY_MS, undefined, { signal })) {
    try {
      return await migrateDatabase(url)
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || Date.now() >= deadline) throw error
    }
  }
}
