import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckAuditLog } from '../../../src/audit-log/application/check-audit-log.ts'
import { SequenceEvents } from '../../../src/audit-log/application/sequence-events.ts'
import { canonicalJson } from '../../../src/audit-log/infrastructure/canonical-json.ts'
import { DrizzleAuditLogCheckQueries } from '../../../src/audit-log/infrastructure/drizzle-audit-log-check-queries.ts'
import { DrizzleAuditLogQueries } from '../../../src/audit-log/infrastructure/drizzle-audit-log-queries.ts'
import { DrizzleAuditLogRepository } from '../../../src/audit-log/infrastructure/drizzle-audit-log-repository.ts'
import { composeChecks } from '../../../src/composition/checks.ts'
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

// Each manipulation runs as by the owner of the database, and is rolled back.
beforeEach(() => pool.query('begin; set local session_replication_role = replica'))
afterEach(() => pool.query('rollback'))

const ROOT = 'the stored entries do not lead to the stored root'
const SUBTREE = 'stored subtree 0 of level 8 is not that of the entries'
const misplaced = (index: number, seq: number, user: number) =>
  `entry ${index}, event ${seq} of user/${user}, does not follow the event before it`
/** A checkpoint with an arbitrary root. */
const noteOf = (size: number) => `lottery.local/audit\n${size}\n${Buffer.alloc(32, 1).toString('base64')}\n\n`
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
    const checkQueries = new DrizzleAuditLogCheckQueries(pooledDatabase(pool))
    const { nodes } = queries
    const whileGrowing: typeof nodes = async (level, from, to) => {
      await pool.query(record(`select 'user/8', count(*) + 1 from outbox where aggregate = 'user/8'`))
      await sequence()
      return nodes(level, from, to)
    }

    expect(
      await new CheckAuditLog(Object.assign(queries, { nodes: whileGrowing }), checkQueries, canonicalJson).execute(),
    ).toEqual({
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
      findings: [ROOT, misplaced(290, 98, 2)],
    },
    'a missing entry': {
      sql: 'delete from audit_log where index = 77',
      findings: ['entry 77 is not stored'],
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
      sql: `create table earlier partition of audit_log for values from (-9) to (0);
            insert into audit_log (index, event) select -1, replace(event, id::text, '${ID}') from audit_log where index = 0`,
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
        '1 subtrees are stored, 0 entries have 0',
      ],
    },
    'a flipped bit in the range': { sql: `update audit_head set ${flipped('range', 127)}`, findings: [ROOT] },
    'a range that is too short': { sql: 'update audit_head set range = substr(range, 1, 96)', findings: [ROOT] },
    'a flipped bit in a stored subtree': {
      sql: `update audit_subtrees set ${flipped('hash', 0)}`,
      findings: [SUBTREE],
    },
    'a missing stored subtree': { sql: 'delete from audit_subtrees', findings: [SUBTREE] },
    'a missing event': {
      sql: 'delete from outbox where audit_index = 77',
      findings: [notRecorded(77), misplaced(80, 27, 2)],
    },
    'an event without an entry': {
      sql: event('audit_index = null'),
      findings: [notRecorded(77), misplaced(80, 27, 2)],
    },
    'a surplus stored subtree': {
      sql: 'insert into audit_subtrees select level, 1, hash from audit_subtrees',
      findings: ['2 subtrees are stored, 300 entries have 1'],
    },
    'a cosigned checkpoint of other entries': {
      sql: `insert into cosigned_checkpoints (size, cosigners, note) values (9, 1, '${noteOf(9)}')`,
      findings: ['the cosigned checkpoint of 9 entries is one of other entries'],
    },
    'a cosigned checkpoint of more entries': {
      sql: `insert into cosigned_checkpoints (size, cosigners, note) values (301, 1, '${noteOf(301)}')`,
      findings: ['the cosigned checkpoint of 301 entries covers 301 entries, but only 300 are stored'],
    },
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

    expect(await findings()).toContain(notRecorded(77))
  })

  it('a gap in the events of an aggregate', async () => {
    await pool.query(record(`values ('user/0', 101), ('user/1', 103), ('user/1', 104), ('user/9', 2)`))
    await sequence()

    expect(await findings()).toEqual([misplaced(301, 103, 1), misplaced(303, 2, 9)])
  })
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
