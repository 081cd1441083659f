import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { query } from './test-clock.ts'

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
  await query(server.url, `create database ${name} template ${template ?? server.template}`)
  return {
    url: Object.assign(new URL(server.url), { pathname: `/${name}` }).href,
    drop: async () => void (await query(server.url, `drop database if exists ${name} with (force)`)),
  }
}
