import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionLost, DatabaseUnavailable, OutcomeUnknown } from '../../../src/shared/application/unavailable.ts'
import { createPool, type Database } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../../src/shared/infrastructure/postgres-unit-of-work.ts'
import { faultyClients } from '../../support/faulty-client.ts'
import { hold } from '../../support/holding.ts'
import { query } from '../../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

// Tests of PostgreSQL only. Promises of every unit of work are tested in tests/contracts.
let database: TestDatabase
let pool: pg.Pool
let unitOfWork: PostgresUnitOfWork<Database>
const { Client, breakNext } = faultyClients()

beforeAll(async () => {
  database = await createTestDatabase()
  await query(
    database.url,
    `create table notes (id int primary key);
     create table remarks (note int references notes deferrable initially deferred)`,
  )
})
afterAll(() => database.drop())

// The pool has one connection, so after a leak the next unit of work waits in vain.
beforeEach(async () => {
  await query(database.url, 'truncate notes, remarks')
  pool = createPool({ url: database.url, max: 1, Client })
  unitOfWork = openUnitOfWork(pool)
})
afterEach(() => pool.end())

describe('a unit of work on PostgreSQL', () => {
  it.each([
    { ending: 'resolves', failure: undefined, end: async () => {} },
    { ending: 'throws', failure: 'on purpose', end: () => Promise.reject(new Error('on purpose')) },
    { ending: 'fails in a statement', failure: 'Failed query', end: (db: Database) => db.execute('select 1 / 0') },
    {
      ending: 'swallows the error of a statement',
      failure: 'COMMIT was answered by ROLLBACK',
      end: (db: Database) => db.execute('select 1 / 0').catch(() => {}),
    },
    {
      ending: 'is refused by the server at COMMIT',
      failure: 'violates foreign key constraint',
      end: (db: Database) => db.execute('insert into remarks values (404)'),
    },
    {
      ending: 'loses its backend',
      failure: 'The database does not answer',
      end: (db: Database) => db.execute('select pg_terminate_backend(pg_backend_pid())'),
    },
    {
      ending: 'loses its connection before COMMIT',
      failure: 'The change may be stored or not',
      end: async () => breakNext(/^commit$/i, 'before'),
    },
    {
      ending: 'loses its connection after COMMIT',
      failure: 'The change may be stored or not',
      stored: true,
      end: async () => breakNext(/^commit$/i, 'arrives'),
    },
  ])('that $ending leaves a healthy pool, and all of its rows or none', async ({ failure, end, stored }) => {
    let runs = 0

    const running = unitOfWork.run(async (db) => {
      runs += 1
      await db.execute('insert into notes values (1)')
      await end(db)
    })
    if (failure === undefined) await running
    else await expect(running).rejects.toThrow(failure)

    expect(runs).toBe(1)
    await expectHealthyPool()
    expect(await notes()).toEqual(failure === undefined || stored ? [1, 2] : [2])
  })

  it.each(['before', 'arrives'] as const)(
    'leaks no connection when its connection breaks at BEGIN: %s',
    async (when) => {
      let runs = 0
      breakNext(/^begin/i, when)

      const running = unitOfWork.run(async () => {
        runs += 1
      })

      expect(await failureOf(running)).toBe(ConnectionLost)
      expect(runs).toBe(0)
      await expectHealthyPool()
    },
  )

  it('does not throw OutcomeUnknown when the server refuses the COMMIT, because nothing is stored', async () => {
    const running = unitOfWork.run((db) => db.execute('insert into remarks values (404)'))

    await expect(running).rejects.not.toThrow(OutcomeUnknown)
    expect(await query(database.url, 'select * from remarks')).toEqual([])
  })

  it('distinguishes a broken connection from a database that takes too long', async () => {
    const ended = unitOfWork.run((db) => db.execute('select pg_terminate_backend(pg_backend_pid())'))
    expect(await failureOf(ended)).toBe(ConnectionLost)

    const slow = unitOfWork.run((db) => db.execute(`set local statement_timeout = 1; select pg_sleep(1)`))
    expect(await failureOf(slow)).toBe(DatabaseUnavailable)
  })

  it('drops the connection to a server that takes no writes, so that the next one can lead to another server', async () => {
    await unitOfWork.run((db) => db.execute('set default_transaction_read_only = on'))

    const refused = unitOfWork.run((db) => db.execute('insert into notes values (1)'))

    expect(await failureOf(refused)).toBe(ConnectionLost)
    await expectHealthyPool()
    expect(await notes()).toEqual([2])
  })

  it('reads rows that were committed while it waited, as READ COMMITTED does', async () => {
    await unitOfWork.run(async (db) => {
      const [before] = (await db.execute('select count(*)::int as count from notes')).rows
      await query(database.url, 'insert into notes values (7)')
      const [after] = (await db.execute('select count(*)::int as count from notes')).rows

      expect([before, after]).toEqual([{ count: 0 }, { count: 1 }])
    })
  })

  it('waits for a row only for a limited time', async () => {
    await query(database.url, 'insert into notes values (1)')
    const otherPool = createPool({ url: database.url, max: 1 })
    const locking = (db: Database) => db.execute(sql`select from notes for update`)
    const holder = await hold(openUnitOfWork(otherPool), locking)

    expect(await failureOf(unitOfWork.run(locking))).toBe(DatabaseUnavailable)

    await holder.rollBack()
    await otherPool.end()
    await expectHealthyPool()
  })

  it('waits for a connection only for a limited time', async () => {
    const holder = await hold(unitOfWork, async () => {})

    const waiting = unitOfWork.run(async () => {})
    expect(pool.waitingCount).toBe(1)
    expect(await failureOf(waiting)).toBe(DatabaseUnavailable)

    await holder.rollBack()
    await expectHealthyPool()
  })

  it('fails with a clear error when there is no server', async () => {
    const nowhere = createPool({ url: 'postgres://nobody@127.0.0.1:1/nothing', max: 1 })

    expect(await failureOf(openUnitOfWork(nowhere).run(async () => {}))).toBe(DatabaseUnavailable)

    expect([nowhere.totalCount, nowhere.waitingCount]).toEqual([0, 0])
    await nowhere.end()
  })
})

function openUnitOfWork(on: pg.Pool): PostgresUnitOfWork<Database> {
  return new PostgresUnitOfWork<Database>(on, (db) => db)
}

/** The class of the error that a promise rejects with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'none',
    (error: Error) => error.constructor,
  )
}

/** Asserts that no connection is in use or awaited, and that the next unit of work gets a clean one. */
async function expectHealthyPool(): Promise<void> {
  expect({ busy: pool.totalCount - pool.idleCount, waiting: pool.waitingCount }).toEqual({ busy: 0, waiting: 0 })
  await unitOfWork.run((db) => db.execute('insert into notes values (2)'))
  expect({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }).toEqual({
    total: 1,
    idle: 1,
    waiting: 0,
  })
}

async function notes(): Promise<number[]> {
  return (await query<{ id: number }>(database.url, 'select id from notes order by id')).map(({ id }) => id)
}
