import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DrizzleCosignedCheckpoints } from '../../../src/audit-log/infrastructure/drizzle-cosigned-checkpoints.ts'
import { DrizzleWitnessLease } from '../../../src/audit-log/infrastructure/drizzle-witness-lease.ts'
import { createPool, pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { race } from '../../support/postgres-service.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ url: database.url, max: 10 })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const lease = () => new DrizzleWitnessLease(pooledDatabase(pool))

it('one replica at a time holds the lease of the cosigning, until it gives the lease back or stops', async () => {
  const replicas = Array.from({ length: 8 }, lease)
  const held = await race(replicas.length, (n) => replicas[n]?.hold() ?? Promise.resolve(false))
  const holder = replicas[held.indexOf(true)]
  const [other] = replicas.filter((replica) => replica !== holder)

  expect(held.filter((isHeld) => isHeld)).toHaveLength(1)
  expect([await holder?.hold(), await other?.hold()]).toEqual([true, false])
  await other?.release() // not its own
  expect(await other?.hold()).toBe(false)
  await holder?.release()
  expect([await other?.hold(), await holder?.hold()]).toEqual([true, false])
  await pool.query("update witness_lease set expires_at = clock_timestamp() - interval '1 millisecond'")
  expect([await holder?.hold(), await other?.hold()]).toEqual([true, false])
})

it('a cosigned checkpoint is stored once by replicas that store it at the same time, and never changes', async () => {
  const cosigned = new DrizzleCosignedCheckpoints(pooledDatabase(pool))

  await race(8, (n) => cosigned.add({ size: 5, cosigners: 2, note: `a note of replica ${n}` }))
  const { rows } = await pool.query<{ note: string }>('select note from cosigned_checkpoints')

  expect(rows).toHaveLength(1)
  for (const change of ["update cosigned_checkpoints set note = ''", 'delete from cosigned_checkpoints']) {
    await expect(pool.query(change)).rejects.toThrow('cosigned checkpoints never change')
  }
  expect((await cosigned.newest())?.note).toBe(rows[0]?.note)
})
