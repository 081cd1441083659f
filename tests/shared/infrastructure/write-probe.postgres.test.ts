import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { DatabaseUnavailable } from '../../../src/shared/application/unavailable.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { WriteProbe } from '../../../src/shared/infrastructure/write-probe.ts'
import { query } from '../../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  database = await createTestDatabase()
})

beforeEach(() => {
  pool = createPool({ url: database.url, max: 2 })
})

afterEach(() => pool.end())
afterAll(() => database.drop())

/** Sets a parameter for the sessions to come. */
async function alter(setting: string): Promise<void> {
  const { pathname } = new URL(database.url)
  await query(inject('postgres').url, `alter database ${pathname.slice(1)} ${setting}`)
}

/** Transactions so far that have written anything, in the whole server. */
async function transactions(): Promise<number> {
  const [row] = await query<{ next: string }>(
    database.url,
    'select pg_snapshot_xmax(pg_current_snapshot())::text as next',
  )
  return Number(row?.next)
}

describe('a probe of writes', () => {
  it('stores a transaction', async () => {
    const before = await transactions()

    await new WriteProbe(pool).tryWrite()

    expect(await transactions()).toBeGreaterThan(before)
  })

  it.each([
    ['has no space for files', 'temp_file_limit', '0'],
    ['takes no writes', 'default_transaction_read_only', 'on'],
  ])('fails while the server %s', async (_, parameter, value) => {
    await alter(`set ${parameter} = ${value}`)

    await expect(new WriteProbe(pool).tryWrite()).rejects.toThrow(DatabaseUnavailable)

    await alter(`reset ${parameter}`)
  })

  it('is one transaction for calls within a second', async () => {
    const probe = new WriteProbe(pool)
    let lent = 0
    pool.on('acquire', () => (lent += 1))

    await Promise.all(Array.from({ length: 10 }, () => probe.tryWrite()))
    await probe.tryWrite()

    expect(lent).toBe(1)
  })

  it('drops the connection to a server that takes no writes', async () => {
    await alter('set default_transaction_read_only = on')
    await expect(new WriteProbe(pool).tryWrite()).rejects.toThrow(DatabaseUnavailable)
    await alter('reset default_transaction_read_only')

    await expect(new WriteProbe(pool).tryWrite()).resolves.toBeUndefined()
  })
})
