import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { MovingAddress } from '../../support/moving-address.ts'
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

describe('a pool whose server falls silent', () => {
  it('waits for one silent connection, and then uses none that was idle', async () => {
    const port = Number(new URL(database.url).port)
    await using address = await MovingAddress.openTo(port)
    const url = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(address.port) }).href
    const pool = createPool({ url, max: 5 })
    for (const client of await Promise.all(Array.from({ length: 5 }, () => pool.connect()))) client.release()
    address.silence()

    await expect(pool.query('select 1')).rejects.toThrow('the database has sent nothing for 6000 ms')
    address.moveTo(port)
    const before = performance.now()
    await Promise.all(Array.from({ length: 5 }, () => pool.query('select 1')))

    expect(performance.now() - before).toBeLessThan(3_000)
    await pool.end()
  })
})
