import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Month } from '../../../src/archive/domain/month.ts'
import { PostgresMonthPartitions } from '../../../src/archive/infrastructure/postgres-month-partitions.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { accepted, aSubmit, date } from '../../support/builders.ts'
import { PostgresService, type Replica } from '../../support/postgres-service.ts'

const MONTH = Month.parse('2031-05')
const DAY = date('2031-05-31')
const NEXT_DAY = date('2031-06-01')
const TABLES = ['ballots_2031_05', 'ledger_subtrees_2031_05'] as const

let service: PostgresService
let replica: Replica
let ada: UserId
let client: pg.Client
let partitions: PostgresMonthPartitions

beforeEach(async () => {
  service = await PostgresService.open('2031-05-31T12:00:00Z')
  replica = await service.replica(4)
  ada = (await service.users(1))[0] as UserId
  await submitTo(DAY, 257)
  await submitTo(NEXT_DAY, 1)
  client = new pg.Client({ connectionString: service.url })
  client.on('error', () => {}) // one test ends its backend
  await client.connect()
  partitions = new PostgresMonthPartitions(client)
})
afterEach(async () => {
  await client.end()
  await service.stop()
})

describe('the partitions of a month', () => {
  it('are detached and attached, as often as asked, and are then what they were', async () => {
    const before = await definitions()

    for (let round = 0; round < 2; round += 1) {
      await partitions.detach(MONTH)
      await partitions.detach(MONTH)
      expect(await attached()).toEqual([])
      expect(await service.ordinals(DAY)).toEqual([])
      expect(await service.query(`select from ${TABLES[0]}`)).toHaveLength(257)
      await partitions.attach(MONTH)
      await partitions.attach(MONTH)
      expect(await attached()).toEqual([...TABLES])
    }
    expect(await service.ordinals(DAY)).toHaveLength(257)
    expect(await definitions()).toEqual(before)
  })

  it('are dropped only when they are detached, and are then gone', async () => {
    await expect(partitions.drop(MONTH)).rejects.toThrow(`the table ${TABLES[0]} is attached`)
    await partitions.detach(MONTH)
    await partitions.drop(MONTH)
    await partitions.drop(MONTH)
    await partitions.detach(MONTH)

    expect(await service.query(`select from pg_class where relname = any($1)`, [TABLES])).toEqual([])
    await expect(partitions.attach(MONTH)).rejects.toThrow(`the table ${TABLES[0]} was dropped`)
  })

  it('are not made anew once the month is archived', async () => {
    await partitions.detach(MONTH)
    await service.query(`insert into archives (month, state, manifest, manifest_hash, started_at)
      values ('2031-05', 'detached', '{}', 'x', now())`)
    const making = () => service.query(`select ensure_month('2031-05-09')`)

    await expect(making()).rejects.toThrow('the month 2031-05 is archived and takes no rows')
    await partitions.drop(MONTH)
    await service.query(`update archives set state = 'dropped'`)
    await expect(making()).rejects.toThrow('the month 2031-05 is archived and takes no rows')
    await service.query(`select ensure_month('2031-06-09')`)
  })

  it('lose the checks of their bounds when an attach was interrupted before that', async () => {
    const before = await definitions()
    await partitions.detach(MONTH)
    for (const table of TABLES)
      await service.query(
        `alter table ${table.slice(0, -8)} attach partition ${table} for values from ('2031-05-01') to ('2031-06-01')`,
      )

    await partitions.attach(MONTH)

    expect(await definitions()).toEqual(before)
  })

  it('are detached while a reader has the table, and submits and reads of other months go on', async () => {
    const release = await service.hold('select count(*) from ballots')
    const detaching = partitions.detach(MONTH)
    await detachIsPending()
    const load = [1, 2, 3].map(async () => {
      const waitsMs: number[] = []
      while (waitsMs.length < 20 || (await attached()).length > 0) {
        const startedAt = performance.now()
        await submitTo(NEXT_DAY, 1)
        waitsMs.push(performance.now() - startedAt)
        await replica.lottery.listBallots.ofUser({ userId: ada, limit: 5 })
        if (waitsMs.length === 20) await release()
      }
      return waitsMs
    })

    const waitsMs = (await Promise.all(load)).flat()
    await detaching

    expect(Math.max(...waitsMs)).toBeLessThan(1_000) // for ever behind a lock; some 10 ms, on a busy machine some 100 ms
    expect(await service.ordinals(NEXT_DAY)).toHaveLength(waitsMs.length + 1)
    expect(await attached()).toEqual([])
  })

  it('are detached by a second call when the first was killed in the middle', async () => {
    const release = await service.hold('select count(*) from ballots')
    const detaching = partitions.detach(MONTH)
    await detachIsPending()
    const outcome = expect(detaching).rejects.toThrow()
    await service.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and query ilike '%detach partition%' and pid <> pg_backend_pid()`,
    )
    await outcome
    await release()

    const second = new pg.Client({ connectionString: service.url })
    await second.connect()
    await new PostgresMonthPartitions(second).detach(MONTH)
    await second.end()
    expect(await attached()).toEqual([])
    expect(await service.query(`select from ${TABLES[0]}`)).toHaveLength(257)
  })

  it('belong to the owner of the tables alone', async () => {
    await partitions.requireOwner()
    const role = `reader_${Date.now()}`
    await service.query(`create role ${role}`)
    await client.query(`set role ${role}`)

    await expect(partitions.requireOwner()).rejects.toThrow(
      `The role ${role} does not own the tables. Set ARCHIVE_DATABASE_URL to the database URL of the role that does.`,
    )
    await client.query('reset role')
    await service.query(`drop role ${role}`)
  })
})

async function submitTo(day: typeof DAY, count: number): Promise<void> {
  const commands = Array.from({ length: count }, () => aSubmit({ userId: ada, date: day }))
  for (const outcome of await replica.lottery.submitBallots.execute(commands)) accepted(outcome)
}

async function attached(): Promise<string[]> {
  const rows = await service.query<{ name: string }>(
    'select inhrelid::regclass::text as name from pg_inherits where inhrelid::regclass::text = any($1) order by 1',
    [TABLES],
  )
  return rows.map(({ name }) => name)
}

/** Resolves when a DETACH has begun, and waits for the readers of the table. */
async function detachIsPending(): Promise<void> {
  while ((await service.query('select from pg_inherits where inhdetachpending')).length === 0);
}

/** Columns, constraints, indexes and triggers of the two tables. */
async function definitions(): Promise<object[]> {
  return service.query(
    `select relname, attname as name, format_type(atttypid, atttypmod) || attnotnull as definition
     from pg_attribute join pg_class on attrelid = pg_class.oid where relname = any($1) and attnum > 0
     union all select relname, conname, pg_get_constraintdef(pg_constraint.oid)
     from pg_constraint join pg_class on conrelid = pg_class.oid where relname = any($1)
     union all select tablename, indexname, indexdef from pg_indexes where tablename = any($1)
     union all select relname, tgname, pg_get_triggerdef(pg_trigger.oid)
     from pg_trigger join pg_class on tgrelid = pg_class.oid where relname = any($1)
     order by 1, 2, 3`,
    [TABLES],
  )
}
