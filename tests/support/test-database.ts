import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { inject } from 'vitest'
import { closeIdle, query } from './test-clock.ts'

/** A migrated database for one test file, on the server of the run. */
export interface TestDatabase {
  readonly url: string
  /** Drops the database and ends all open connections to it. */
  drop(): Promise<void>
}

/** Milliseconds after which connections that are still open are ended by force. */
const CLOSED_WITHIN_MS = 500

/** Copies the database of the name `template`, to which no connection is open; without it, an empty one. */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `${server.prefix}_${randomBytes(6).toString('hex')}`
  const urlOf = (database: string) => Object.assign(new URL(server.url), { pathname: `/${database}` }).href
  const url = urlOf(name)
  if (template !== undefined) await closeIdle(urlOf(template))
  await query(server.url, `create database ${name} template ${template ?? server.template} strategy file_copy`)
  return {
    url,
    drop: async () => {
      await closeIdle(url)
      await untilUnused(server.url, name)
      await query(server.url, `drop database if exists ${name} with (force)`)
    },
  }
}

/** Waits for connections that are being closed: to end them by force would be an error of clients that no one listens to. */
async function untilUnused(serverUrl: string, name: string): Promise<void> {
  for (const deadline = Date.now() + CLOSED_WITHIN_MS; Date.now() < deadline; await setTimeout(5)) {
    const open = await query(serverUrl, 'select from pg_stat_activity where datname = $1', [name])
    if (open.length === 0) return
  }
}
