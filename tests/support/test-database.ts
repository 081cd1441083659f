import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { closeIdle, query } from './test-clock.ts'

/** A migrated database for one test file, on the server of the run. */
export interface TestDatabase {
  readonly url: string
  /** Drops the database and ends all open connections to it. */
  drop(): Promise<void>
}

/** Copies the database of the name `template`, to which no connection is open; without it, an empty one. */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `${server.prefix}_${randomBytes(6).toString('hex')}`
  const urlOf = (database: string) => Object.assign(new URL(server.url), { pathname: `/${database}` }).href
  const url = urlOf(name)
  if (template !== undefined) await closeIdle(urlOf(template))
  await query(server.url, `create database ${name} template ${template ?? server.template}`)
  return {
    url,
    drop: async () => {
      await closeIdle(url)
      await query(server.url, `drop database if exists ${name} with (force)`)
    },
  }
}
