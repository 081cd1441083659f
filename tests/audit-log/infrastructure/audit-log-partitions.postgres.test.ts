import { afterAll, beforeAll, expect, it } from 'vitest'
import { PostgresService, type Replica } from '../../support/postgres-service.ts'

let service: PostgresService
let auditLog: Replica['auditLog']

beforeAll(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  auditLog = (await service.replica(2)).auditLog
})
afterAll(() => service.stop())

it('the partitions of the audit log are made before it comes to their end, and are read as one', async () => {
  expect(await partitionsAfter(999_900)).toEqual(['audit_log_0', 'audit_log_1'])
  expect(await partitionsAfter(1_989_500)).toEqual(['audit_log_0', 'audit_log_1'])
  expect(await partitionsAfter(1_990_000)).toEqual(['audit_log_0', 'audit_log_1', 'audit_log_2'])
  expect(await partitionsAfter(1_999_999)).toEqual(['audit_log_0', 'audit_log_1', 'audit_log_2'])

  const page = await auditLog.readAuditLog.list({ after: 1_999_998, limit: 3, aggregate: 'user/1999999' })
  expect(page.map(({ index }) => index)).toEqual([1_999_999, 2_000_000, 2_000_001])
})

/** The partitions after a log that claims to have `size` entries has taken 500 more. */
async function partitionsAfter(size: number): Promise<string[]> {
  await service.query(
    `insert into audit_head (size, range) values ($1, decode(repeat('00', 32 * bit_count($1::bigint::bit(64))::int), 'hex'))
     on conflict ("only") do update set size = excluded.size, range = excluded.range where audit_head.size < excluded.size`,
    [size],
  )
  await service.query(
    `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
     select 'user/' || $1::bigint, n, gen_random_uuid(), 'user.banned.v1', '{}', 'anonymous', now()
     from generate_series(1, 500) n`,
    [size],
  )
  await auditLog.sequenceEvents.execute()
  const sql = `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit_log'::regclass order by 1`
  return (await service.query<{ name: string }>(sql)).map(({ name }) => name)
}
