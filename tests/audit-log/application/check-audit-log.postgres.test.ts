import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  CheckAuditLog,
  canonicalJson,
  DrizzleAuditLogQueries,
  DrizzleAuditLogRepository,
  SequenceEvents,
} from '../../../src/audit-log/index.ts'
import { composeChecks } from '../../../src/composition.ts'
import { createPool, pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { PostgresService } from '../../support/postgres-service.ts'

/** In the tree 256 + 32 + 8 + 4. Entry n is event n div 3 + 1 of one of the users 0, 1, 2. */
const SIZE = 300
const ID = '0190f5fe-7c00-7a00-8000-000000000001'

let service: PostgresService
/** Of one connection, in a transaction that is rolled back after each test. */
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  const { sequenceEvents } = await service.replica(2)
  await service.query(record(`select 'user/' || n % 3, n / 3 + 1 from generate_series(0, ${SIZE - 1}) n order by n`))
  await sequenceEvents.execute()
  pool = createPool({ url: service.url, max: 1 })
})
afterAll(async () => {
  await pool.end()
  await service.stop()
})

beforeEach(() => pool.query('begin'))
afterEach(() => pool.query('rollback'))

const ROOT = 'the stored entries do not lead to the stored root'
const SUBTREE = 'stored subtree 0 of level 8 is not that of the entries'
const notRecorded = (index: number) => `entry ${index} is not the event that was recorded`
const entry = (change: string, index = 77) => `update audit_log set ${change} where index = ${index}`
const event = (change: string, index = 77) => `update outbox set ${change} where audit_index = ${index}`
const flipped = (column: string, at: number) => `${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`
const asIfService = `event = replace(event, '"actor":"anonymous"', '"actor":"service"')`

describe('the audit of a sound log', () => {
  it('finds nothing', async () => {
    expect(await findings()).toEqual([])
  })

  it('finds nothing before the first event', async () => {
    await pool.query('truncate audit_log, audit_head, audit_subtrees, outbox')

    expect(await findings()).toEqual([])
  })
})

describe('the audit of a log that grows meanwhile', () => {
  it('finds nothing', async () => {
    const queries = new DrizzleAuditLogQueries(pooledDatabase(pool))
    const { nodes } = queries
    const whileGrowing: typeof nodes = async (level, from, to) => {
      await pool.query(record(`select 'user/8', count(*) + 1 from outbox where aggregate = 'user/8'`))
      await sequence()
      return nodes(level, from, to)
    }

    expect(await new CheckAuditLog(Object.assign(queries, { nodes: whileGrowing }), canonicalJson).execute()).toEqual({
      subject: 'audit log, 300 entries',
      findings: [],
    })
  })
})

describe('the audit of the log finds', () => {
  const CHANGES: Readonly<Record<string, { sql: string; findings: string[] }>> = {
    'the text of an entry': { sql: entry(asIfService), findings: [SUBTREE, ROOT, notRecorded(77)] },
    'the text of the last entry': { sql: entry(asIfService, 299), findings: [ROOT, notRecorded(299)] },
    'the text of an entry, the same JSON': {
      sql: entry(`event = replace(event, ':', ': ')`),
      findings: [SUBTREE, ROOT, notRecorded(77)],
    },
    'an entry and its event alike': {
      sql: `${entry(asIfService)}; ${event(`actor = 'service'`)}`,
      findings: [SUBTREE, ROOT],
    },
    'two entries that changed places, with their events': {
      sql: `update audit_log set index = 1000 where index = 290; ${entry('index = 290', 293)};
            ${entry('index = 293', 1000)}; ${event('audit_index = 1000', 290)};
            ${event('audit_index = 290', 293)}; ${event('audit_index = 293', 1000)}`,
      findings: [
        ROOT,
        'entry 290 is event 98 of user/2, not 97',
        'entry 293 is event 97 of user/2, not 99',
        'entry 296 is event 99 of user/2, not 98',
      ],
    },
    'an entry that is gone': {
      sql: 'delete from audit_log where index = 77',
      findings: ['entry 77 is not stored', 'entry 80 is event 27 of user/2, not 26'],
    },
    'the last entry gone': {
      sql: 'delete from audit_log where index = 299',
      findings: ['300 entries are counted, 299 are stored'],
    },
    'an entry beyond the count': {
      sql: `insert into audit_log (index, event) select 300, replace(event, id::text, '${ID}') from audit_log where index = 0`,
      findings: ['entry 300 is stored beyond the count'],
    },
    'an entry before the first': {
      sql: `insert into audit_log (index, event) select -1, replace(event, id::text, '${ID}') from audit_log where index = 0`,
      findings: ['entry -1 is stored before the first'],
    },
    'a tail cut off': {
      sql: `delete from audit_log where index >= 256; update audit_head set size = 256, range = substr(range, 1, 32);
            update outbox set audit_index = null where audit_index > 257`,
      findings: [
        'event 86 of user/1 says that it is entry 256, which the log does not have',
        'event 86 of user/2 says that it is entry 257, which the log does not have',
      ],
    },
    'an event kept from the log': {
      sql: `${record(`values ('user/9', 1)`)}; update outbox set audit_index = 5000 where aggregate = 'user/9'`,
      findings: ['event 1 of user/9 says that it is entry 5000, which the log does not have'],
    },
    'an event said to be before the first entry': {
      sql: `${record(`values ('user/9', 1)`)}; update outbox set audit_index = -1 where aggregate = 'user/9'`,
      findings: ['event 1 of user/9 says that it is entry -1, which the log does not have'],
    },
    'a count one too low': {
      sql: 'update audit_head set size = 299',
      findings: [
        ...[ROOT, 'entry 299 is stored beyond the count'],
        'event 100 of user/2 says that it is entry 299, which the log does not have',
      ],
    },
    'a count one too high': {
      sql: 'update audit_head set size = 301',
      findings: ['301 entries are counted, 300 are stored'],
    },
    'the count and range taken away': {
      sql: 'delete from audit_head; update outbox set audit_index = null where audit_index > 0',
      findings: [
        'entry 0 is stored beyond the count',
        'event 1 of user/0 says that it is entry 0, which the log does not have',
      ],
    },
    'a bit of the range': { sql: `update audit_head set ${flipped('range', 127)}`, findings: [ROOT] },
    'a range cut short': { sql: 'update audit_head set range = substr(range, 1, 96)', findings: [ROOT] },
    'a bit of a stored subtree': { sql: `update audit_subtrees set ${flipped('hash', 0)}`, findings: [SUBTREE] },
    'a stored subtree that is gone': { sql: 'delete from audit_subtrees', findings: [SUBTREE] },
    'an event that is gone': { sql: 'delete from outbox where audit_index = 77', findings: [notRecorded(77)] },
    'an event said to be in no entry': { sql: event('audit_index = null'), findings: [notRecorded(77)] },
    'two events that changed places': {
      sql: `${event('audit_index = 1000', 7)}; ${event('audit_index = 7', 9)}; ${event('audit_index = 9', 1000)}`,
      findings: [notRecorded(7), notRecorded(9)],
    },
  }

  it.each(Object.entries(CHANGES))('%s', async (_name, change) => {
    await pool.query(change.sql)

    expect(await findings()).toEqual(change.findings)
  })

  it.each([
    `id = '${ID}'`,
    `aggregate = 'user/3'`,
    'seq = 1000',
    `type = 'user.unbanned.v1'`,
    `data = '{"n": 2}'`,
    `actor = 'service'`,
    'request_id = null',
    `occurred_at = occurred_at + interval '1 millisecond'`,
  ])('an event with %s', async (change) => {
    await pool.query(event(change))

    expect(await findings()).toEqual([notRecorded(77)])
  })

  it('a gap in the events of an aggregate', async () => {
    await pool.query(record(`values ('user/0', 101), ('user/1', 103), ('user/1', 104), ('user/9', 2)`))
    await sequence()

    expect(await findings()).toEqual([
      'entry 301 is event 103 of user/1, not 101',
      'entry 303 is event 2 of user/9, not 1',
    ])
  })
})

describe('npm run audit', () => {
  it('says whether the log is sound, and ends with that', async () => {
    const sound = await audit()
    await service.query(event(`actor = 'service'`))
    const changed = await audit()

    expect(sound).toEqual({ code: 0, output: expect.stringMatching(/^ok {4}audit log, 300 entries$/m) as string })
    expect(changed.code).toBe(1)
    expect(changed.output).toMatch(/^FAIL {2}audit log, 300 entries\n {6}entry 77 is not the event that was recorded$/m)
  })

  async function audit(): Promise<{ code: number | null; output: string }> {
    const { PATH } = process.env
    const env = { PATH, DATABASE_URL: service.url }
    const child = spawn(process.execPath, ['src/cli/check-stored.ts', '--all'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const output = await text(child.stdout)
    return { code: child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve))), output }
  }
})

/** Statement that records events of these aggregates and places. */
function record(events: string): string {
  return `insert into outbox (aggregate, seq, id, type, data, actor, request_id, occurred_at)
    select aggregate, seq, gen_random_uuid(), 'user.banned.v1', '{"n": 1}', 'anonymous', 'a request', clock_timestamp()
    from (${events}) as events (aggregate, seq)`
}

/** A turn of the sequencer, in the transaction. */
async function sequence(): Promise<void> {
  const repos = { auditLog: new DrizzleAuditLogRepository(pooledDatabase(pool)) }
  await new SequenceEvents({ run: (work) => work(repos) }, canonicalJson).execute()
}

async function findings(): Promise<readonly string[]> {
  return (await composeChecks(pool).checkAuditLog.execute()).findings
}
