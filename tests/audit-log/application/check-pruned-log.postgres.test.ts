import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { composeChecks } from '../../../src/composition/checks.ts'
import { createPool } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { PostgresService } from '../../support/postgres-service.ts'
import { prune, RETENTION_DAYS } from '../../support/pruned.ts'

/** Entry n is event n div 3 + 1 of user n mod 3. The first 200 events are pruned; 100 are in the outbox. */
let service: PostgresService
/** A pool of one connection, in a transaction that is rolled back after each test. */
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  const { auditLog, pool: own } = await service.replica(2)
  await service.query(record(0, 199))
  await service.clock.advance({ days: 20 })
  await service.query(record(200, 299))
  await auditLog.sequenceNow()
  await service.clock.advance({ days: RETENTION_DAYS - 20, minutes: 1 })
  expect(await prune(own)).toBe(200)
  pool = createPool({ url: service.url, max: 1 })
})
afterAll(async () => {
  await pool.end()
  await service.stop()
})

// Each manipulation runs as by the owner of the database, and is rolled back.
beforeEach(() => pool.query('begin; set local session_replication_role = replica'))
afterEach(() => pool.query('rollback'))

const ROOT = 'the stored entries do not lead to the stored root'
const SUBTREE = 'stored subtree 0 of level 8 is not that of the entries'
const notRecorded = (index: number) => `entry ${index} is not the event that was recorded`
const misplaced = (index: number) =>
  `entry ${index}, event ${Math.floor(index / 3) + 1} of user/${index % 3}, does not follow the event before it`
const entry = (change: string, index: number) => `update audit_log set ${change} where index = ${index}`
const asIfService = `event = replace(event, '"actor":"anonymous"', '"actor":"service"')`

/** An event at the place of a pruned one. */
const again = (index: number, data: string, id = 'id') => `
  insert into outbox (aggregate, seq, id, type, data, actor, request_id, occurred_at, audit_index, published_at)
  select aggregate, ${Math.floor(index / 3) + 1}, ${id}, type, ${data}, 'anonymous', 'a request',
    (event::jsonb ->> 'occurred_at')::timestamptz, index, now() from audit_log where index = ${index}`

const CHANGES: Readonly<Record<string, { sql: string; findings: string[] }>> = {
  'a changed entry of a pruned event': { sql: entry(asIfService, 77), findings: [SUBTREE, ROOT] },
  'a changed entry of an event that is not pruned': {
    sql: entry(asIfService, 250),
    findings: [SUBTREE, ROOT, notRecorded(250)],
  },
  'an entry with other text for the same JSON': {
    sql: entry(`event = replace(event, ':', ': ')`, 77),
    findings: [SUBTREE, ROOT, notRecorded(77)],
  },
  'an entry whose time is none': {
    sql: entry(`event = replace(event, '"2031-05', '"2031-99')`, 77),
    findings: [SUBTREE, ROOT, notRecorded(77), misplaced(80)],
  },
  'an entry whose number is none': {
    sql: entry(`event = replace(event, '"seq":', '"seq":1e400')`, 77),
    findings: [SUBTREE, ROOT, notRecorded(77), misplaced(80)],
  },
  'an entry without data': {
    sql: entry(`event = replace(event, '"data":{"n":1}', '"data":null')`, 77),
    findings: [SUBTREE, ROOT, notRecorded(77), misplaced(80)],
  },
  'two swapped entries of pruned events': {
    sql: `${entry('index = 1000', 7)}; ${entry('index = 7', 10)}; ${entry('index = 10', 1000)}`,
    findings: [SUBTREE, ROOT, misplaced(7).replace('event 3', 'event 4')],
  },
  'a missing entry of a pruned event': {
    sql: 'delete from audit_log where index = 77',
    findings: ['entry 77 is not stored', misplaced(80)],
  },
  'a missing event that is not older than the horizon': {
    sql: 'delete from outbox where audit_index = 250',
    findings: [notRecorded(250), misplaced(253)],
  },
  'an event that lost its place': {
    sql: 'update outbox set audit_index = null where audit_index = 250',
    findings: [notRecorded(250), misplaced(253)],
  },
  'a pruned event that came back without its place': {
    sql: `${again(77, `'{"n": 1}'`)}; update outbox set audit_index = null where audit_index = 77`,
    findings: [notRecorded(77), misplaced(80)],
  },
  'a pruned event that came back with other data': { sql: again(77, `'{"n": 2}'`), findings: [notRecorded(77)] },
  'a pruned event that came back with another id': {
    sql: again(77, `'{"n": 1}'`, 'gen_random_uuid()'),
    findings: [notRecorded(77)],
  },
  'a pruned event of a kind that is never pruned': {
    sql: entry(`event = replace(event, 'user.registered.v1', 'user.banned.v1')`, 77),
    findings: [SUBTREE, ROOT, notRecorded(77), misplaced(80)],
  },
  'a horizon that is gone': {
    sql: 'delete from outbox_horizon; delete from outbox where audit_index < 250',
    findings: expect.arrayContaining([notRecorded(0), notRecorded(249)]),
  },
}

it('the check of a pruned log finds nothing', async () => {
  expect(await findings()).toEqual([])
})

it('the check of a pruned log finds nothing when a pruned event came back as it was', async () => {
  await pool.query(again(77, `'{"n": 1}'`))

  expect(await findings()).toEqual([])
})

describe('the check of a pruned log finds', () => {
  it.each(Object.entries(CHANGES))('%s', async (_name, change) => {
    await pool.query(change.sql)

    expect(await findings()).toEqual(change.findings)
  })
})

/** The statement that records these events, published. */
function record(from: number, to: number): string {
  return `insert into outbox (aggregate, seq, id, type, data, actor, request_id, occurred_at, published_at)
    select 'user/' || n % 3, n / 3 + 1, gen_random_uuid(), 'user.registered.v1', '{"n": 1}', 'anonymous', 'a request',
      test_clock.clock_timestamp(), now() from generate_series(${from}, ${to}) n order by n`
}

async function findings(): Promise<readonly string[]> {
  return (await composeChecks(pool).checkAuditLog.execute()).findings
}
