import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckAuditLog } from '../../../src/audit-log/application/check-audit-log.ts'
import { SequenceEvents } from '../../../src/audit-log/application/sequence-events.ts'
import { canonicalJson } from '../../../src/audit-log/infrastructure/canonical-json.ts'
import { DrizzleAuditLogQueries } from '../../../src/audit-log/infrastructure/drizzle-audit-log-queries.ts'
import { DrizzleAuditLogRepository } from '../../../src/audit-log/infrastructure/drizzle-audit-log-repository.ts'
import { composeChecks } from '../../../src/composition.ts'
import { createPool, pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { PostgresService } from '../../support/postgres-service.ts'

/** Entries of the log: full subtrees of 256 + 32 + 8 + 4. Entry n is event n div 3 + 1 of user n mod 3. */
const SIZE = 300
const ID = '0190f5fe-7c00-7a00-8000-000000000001'

let service: PostgresService
/** A pool of one connection, in a transaction that is rolled back after each test. */
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  const { auditLog } = await service.replica(2)
  await service.query(record(`select 'user/' || n % 3, n / 3 + 1 from generate_series(0, ${SIZE - 1}) n order by n`))
  await auditLog.sequenceEvents.execute()
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

describe('the check of a sound log', () => {
  it('finds nothing', async () => {
    expect(await findings()).toEqual([])
  })

  it('finds nothing in an empty log', async () => {
    await pool.query('truncate audit_log, audit_head, audit_subtrees, outbox')

    expect(await findings()).toEqual([])
  })
})

describe('the check of a log that grows meanwhile', () => {
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

describe('the check of the log finds', () => {
  const CHANGES: Readonly<Record<string, { sql: string; findings: string[] }>> = {
    'a changed entry': { sql: entry(asIfService), findings: [SUBTREE, ROOT, notRecorded(77)] },
    'a changed last entry': { sql: entry(asIfService, 299), findings: [ROOT, notRecorded(299)] },
    'an entry with other text for the same JSON': {
      sql: entry(`event = replace(event, ':', ': ')`),
      findings: [SUBTREE, ROOT, notRecorded(77)],
    },
    'an entry and its event, changed alike': {
      sql: `${entry(asIfService)}; ${event(`actor = 'service'`)}`,
      findings: [SUBTREE, ROOT],
    },
    'two swapped entries, with their events': {
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
    'a missing entry': {
      sql: 'delete from audit_log where index = 77',
      findings: ['entry 77 is not stored', 'entry 80 is event 27 of user/2, not 26'],
    },
    'a missing last entry': {
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
    'a missing tail': {
      sql: `delete from audit_log where index >= 256; update audit_head set size = 256, range = substr(range, 1, 32);
            update outbox set audit_index = null where audit_index > 257`,
      findings: [
        'event 86 of user/1 is marked as entry 256, which the log does not have',
        'event 86 of user/2 is marked as entry 257, which the log does not have',
      ],
    },
    'an event that is not in the log': {
      sql: `${record(`values ('user/9', 1)`)}; update outbox set audit_index = 5000 where aggregate = 'user/9'`,
      findings: ['event 1 of user/9 is marked as entry 5000, which the log does not have'],
    },
    'an event whose entry would be before the first': {
      sql: `${record(`values ('user/9', 1)`)}; update outbox set audit_index = -1 where aggregate = 'user/9'`,
      findings: ['event 1 of user/9 is marked as entry -1, which the log does not have'],
    },
    'a count one too low': {
      sql: 'update audit_head set size = 299',
      findings: [
        ROOT,
        'entry 299 is stored beyond the count',
        'event 100 of user/2 is marked as entry 299, which the log does not have',
      ],
    },
    'a count one too high': {
      sql: 'update audit_head set size = 301',
      findings: ['301 entries are counted, 300 are stored'],
    },
    'a missing count and range': {
      sql: 'delete from audit_head; update outbox set audit_index = null where audit_index > 0',
      findings: [
        'entry 0 is stored beyond the count',
        'event 1 of user/0 is marked as entry 0, which the log does not have',
      ],
    },
    'a flipped bit in the range': { sql: `update audit_head set ${flipped('range', 127)}`, findings: [ROOT] },
    'a range that is too short': { sql: 'update audit_head set range = substr(range, 1, 96)', findings: [ROOT] },
    'a flipped bit in a stored subtree': {
      sql: `update audit_subtrees set ${flipped('hash', 0)}`,
      findings: [SUBTREE],
    },
    'a missing stored subtree': { sql: 'delete from audit_subtrees', findings: [SUBTREE] },
    'a missing event': { sql: 'delete from outbox where audit_index = 77', findings: [notRecorded(77)] },
    'an event without an entry': { sql: event('audit_index = null'), findings: [notRecorded(77)] },
    'two swapped events': {
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
  ])('an event changed by "%s"', async (change) => {
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

describe('npm run check:stored', () => {
  it('reports whether the log is sound, in its output and its exit code', async () => {
    const sound = await checkStored()
    await service.query(event(`actor = 'service'`))
    const changed = await checkStored()

    expect(sound).toEqual({ code: 0, output: expect.stringMatching(/^ok {4}audit log, 300 entries$/m) as string })
    expect(changed.code).toBe(1)
    expect(changed.output).toMatch(/^FAIL {2}audit log, 300 entries\n {6}entry 77 is not the event that was recorded$/m)
  })

  async function checkStored(): Promise<{ code: number | null; output: string }> {
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

/** The statement that records events with the given aggregates and sequence numbers. */
function record(events: string): string {
  return `insert into outbox (aggregate, seq, id, type, data, actor, request_id, occurred_at)
    select aggregate, seq, gen_random_uuid(), 'user.banned.v1', '{"n": 1}', 'anonymous', 'a request', clock_timestamp()
    from (${events}) as events (aggregate, seq)`
}

/** Runs the sequencer once, in the open transaction. */
async function sequence(): Promise<void> {
  const repos = { auditLog: new DrizzleAuditLogRepository(pooledDatabase(pool)) }
  await new SequenceEvents({ run: (work) => work(repos) }, canonicalJson).execute()
}

async function findings(): Promise<readonly string[]> {
  return (await composeChecks(pool).checkAuditLog.execute()).findings
}
