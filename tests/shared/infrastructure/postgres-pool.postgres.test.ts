import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

describe('the end of a pool', () => {
  it('comes after the end of all its connections, also of those that are just being closed', async () => {
    const pool = createPool({ url: database.url, max: 5 })
    const clients = await Promise.all(Array.from({ length: 5 }, () => pool.connect()))
    let ended = 0
    for (const client of clients) client.once('end', () => (ended += 1))
    for (const [index, client] of clients.entries()) client.release(index === 0)

    await pool.end()

    expect(ended).toBe(5)
  })
})
