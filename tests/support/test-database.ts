import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { query } from './test-clock.ts'

/** A migrated database for one test file, on the server of the run. */
export interface TestDatabase {
  readonly url: string
  /** Drops the database and ends all open connections to it. */
  drop(): Promise<void>
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `${server.prefix}_${randomBytes(6).toString('hex')}`
  await query(server.url, `create database ${name} template ${server.template}`)
  return {
    url: Object.assign(new URL(server.url), { pathname: `/${name}` }).href,
    drop: async () => void (await query(server.url, `drop database if exists ${name} with (force)`)),
  }
}
