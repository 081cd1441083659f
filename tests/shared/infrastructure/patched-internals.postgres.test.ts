import { Socket } from 'node:net'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  breakOnSilence,
  isReadyForQuery,
  mapStatementErrors,
  sendTurnInOnePacket,
  socketOf,
} from '../../../src/shared/infrastructure/patched-internals.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 1, pipeline: true })
  pool.on('error', () => {})
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

it('a pg client has its socket and its readyForQuery flag where patched-internals.ts reads them', async () => {
  const client = await pool.connect()

  expect(socketOf(client)).toBeInstanceOf(Socket)
  expect(isReadyForQuery(client)).toBe(true)
  const answer = client.query('select 1')
  expect(isReadyForQuery(client)).toBe(false)
  await answer
  expect(isReadyForQuery(client)).toBe(true)
  client.release()
})

it('statements of one turn of the event loop are sent in one packet', async () => {
  const client = await pool.connect()
  sendTurnInOnePacket(client)
  const socket = socketOf(client)
  const before = socket.writableCorked

  const answers = Promise.all([client.query('select 1 as n'), client.query('select 2 as n')])

  expect(socket.writableCorked).toBe(before + 2)
  expect((await answers).map(({ rows }) => rows)).toEqual([[{ n: 1 }], [{ n: 2 }]])
  expect(socket.writableCorked).toBe(before)
  client.release(true)
})

it('a connection breaks when its server is silent during a query, also after it was idle, but not while it is', async () => {
  const client = await pool.connect()
  client.on('error', () => {})
  breakOnSilence(client, 500)

  await client.query('select pg_sleep(0.01)')
  await expect(client.query('select pg_sleep(10)')).rejects.toThrow()
  client.release(true)

  const idle = await pool.connect()
  const silence = Promise.withResolvers<void>()
  breakOnSilence(idle, 500)
  socketOf(idle).once('timeout', silence.resolve)
  await silence.promise
  expect((await idle.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  idle.on('error', () => {})
  await expect(idle.query('select pg_sleep(5)')).rejects.toThrow()
  idle.release(true)
})

it('errors of all Drizzle statements are mapped, prepared ones included', async () => {
  const db = drizzle({ client: pool })
  mapStatementErrors(db, () => new Error('mapped'))

  await expect(db.execute(sql`select no_such_function()`)).rejects.toThrow('mapped')
  const prepared = db.select({ n: sql`no_such_function()` }).from(sql`(select 1) as one`).prepare('broken')
  await expect(prepared.execute()).rejects.toThrow('mapped')
})
