import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventPublisher } from '../../../src/events/application/event-publisher.ts'
import { PruneEvents } from '../../../src/events/application/prune-events.ts'
import { PublishEvents } from '../../../src/events/application/publish-events.ts'
import { DrizzlePublicationQueue } from '../../../src/events/infrastructure/drizzle-publication-queue.ts'
import { PostgresOldEvents } from '../../../src/events/infrastructure/postgres-old-events.ts'
import { pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { composed } from '../../support/ledger.ts'
import { PostgresService, type Replica, race } from '../../support/postgres-service.ts'
import { prune, RETENTION_DAYS } from '../../support/pruned.ts'
import { storedFindings } from '../../support/stored-findings.ts'

const BATCH = 1_000

let service: PostgresService
let replica: Replica

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
  replica = await service.replica(4)
})
afterEach(() => service.stop())

/** Registers users, with their events in the audit log. */
async function register(count: number, { isPublished = true } = {}): Promise<void> {
  await service.query(
    `with added as (
       insert into users (id, email, created_at, last_seq)
       select id, id || '@example.org', date_trunc('milliseconds', test_clock.clock_timestamp()), 1
       from (select gen_random_uuid() as id from generate_series(1, $1)) returning id, created_at)
     insert into outbox (aggregate, seq, id, type, data, actor, occurred_at, published_at)
     select 'user/' || id, 1, gen_random_uuid(), 'user.registered.v1', jsonb_build_object('user_id', id), 'service',
       created_at, case when $2 then created_at end from added`,
    [count, isPublished],
  )
  await replica.auditLog.sequenceNow()
}

async function stored(): Promise<number> {
  const [row] = await service.query<{ count: number }>('select count(*)::int from outbox')
  return row?.count ?? Number.NaN
}

async function horizon(): Promise<number | undefined> {
  const [row] = await service.query<{ pruned_before: Date }>('select pruned_before from outbox_horizon')
  return row?.pruned_before.getTime()
}

const pruner = () => new PruneEvents(new PostgresOldEvents(replica.pool), RETENTION_DAYS)

describe('the pruning', () => {
  it('deletes in batches what is older than the retention, and notes the horizon', async () => {
    await register(BATCH + 200)
    await service.clock.advance({ days: 20 })
    await register(300)
    await service.clock.advance({ days: RETENTION_DAYS - 20, minutes: 1 })
    const pruneEvents = pruner()

    expect(await pruneEvents.execute()).toEqual({ pruned: BATCH, isMore: true })
    const noted = await horizon()
    expect(await pruneEvents.execute()).toEqual({ pruned: 200, isMore: true })
    expect(await pruneEvents.execute()).toEqual({ pruned: 0, isMore: false })

    expect(await stored()).toBe(300)
    const cutoff = (await service.clock.now()) - RETENTION_DAYS * 86_400_000
    for (const at of [noted, await horizon()]) expect(Math.abs((at ?? 0) - cutoff)).toBeLessThan(30_000)
    expect(await storedFindings(replica.pool)).toEqual([])
  })

  it('deletes nothing and notes no horizon before the retention is over', async () => {
    await register(3)
    await service.clock.advance({ days: RETENTION_DAYS - 1, hours: 23 })

    expect(await prune(replica.pool)).toBe(0)
    expect([await stored(), await horizon()]).toEqual([3, undefined])
  })

  it('never sets the horizon back, also when the clock is set back', async () => {
    await register(1)
    await service.clock.advance({ days: RETENTION_DAYS + 50 })
    await prune(replica.pool)
    const noted = await horizon()
    await register(1)
    await service.query(`update outbox set published_at = now()`)
    await service.clock.advance({ days: -49 })
    await service.query(`set session_replication_role = replica;
      insert into outbox (aggregate, seq, id, type, data, actor, occurred_at, audit_index, published_at)
      select aggregate, 1, id, type, event::jsonb -> 'data', 'service', (event::jsonb ->> 'occurred_at')::timestamptz, 0, now()
      from audit_log where index = 0`)

    expect(await prune(replica.pool)).toBe(1)
    expect(await horizon()).toBe(noted)
  })

  it('keeps what a broker has not acknowledged, until it has', async () => {
    await register(5, { isPublished: false })
    await service.clock.advance({ days: RETENTION_DAYS + 1 })
    let isAway = true
    const broker: EventPublisher = {
      publish: async () => {
        if (isAway) throw new Error('the broker is unavailable')
      },
      close: async () => {},
    }
    const relay = new PublishEvents(new DrizzlePublicationQueue(pooledDatabase(replica.pool)), broker, () => 0)
    await expect(relay.execute()).rejects.toThrow('the broker is unavailable')
    expect([await prune(replica.pool), await horizon()]).toEqual([0, undefined])

    isAway = false
    expect(await relay.execute()).toMatchObject({ published: 5 })
    expect(await prune(replica.pool)).toBe(5)
  })

  it('keeps an event that is not in the audit log', async () => {
    await register(1)
    await service.query('update outbox set published_at = now()')
    await service.query('set session_replication_role = replica; update outbox set audit_index = null')
    await service.clock.advance({ days: RETENTION_DAYS + 1 })

    expect([await prune(replica.pool), await stored()]).toEqual([0, 1])
  })

  it.each([
    'delete from audit_log where index = 1',
    'update outbox set id = gen_random_uuid() where audit_index = 1',
    `update outbox set data = '{}' where audit_index = 1`,
    `update outbox set occurred_at = occurred_at - interval '1 millisecond' where audit_index = 1`,
    `update audit_log set event = replace(event, '"service"', '"anonymous"') where index = 1`,
  ])('keeps an event that differs from its entry after "%s", for the check to find', async (change) => {
    await register(3)
    await service.clock.advance({ days: RETENTION_DAYS + 1 })
    await service.query(`set session_replication_role = replica; ${change}`)

    expect([await prune(replica.pool), await stored()]).toEqual([2, 1])
    expect(await storedFindings(replica.pool)).not.toEqual([])
  })

  it('is done once by two at the same time', async () => {
    await register(2 * BATCH + 500)
    await service.clock.advance({ days: RETENTION_DAYS + 1 })

    const pruned = await race(4, () => prune(replica.pool))

    expect(pruned.reduce((sum, events) => sum + events) + (await prune(replica.pool))).toBe(2 * BATCH + 500)
    expect(await stored()).toBe(0)
    expect(await storedFindings(replica.pool)).toEqual([])
  })
})

describe('a pruner that dies', () => {
  it('between two batches leaves a sound database, and another goes on', async () => {
    await register(BATCH + 100)
    await service.clock.advance({ days: RETENTION_DAYS + 1 })
    await pruner().execute()

    expect(await storedFindings(replica.pool)).toEqual([])
    expect([await prune(replica.pool), await stored()]).toEqual([100, 0])
  })

  it('in a batch leaves everything, the horizon too', async () => {
    await register(10)
    await service.clock.advance({ days: RETENTION_DAYS + 1 })
    const release = await service.hold('select from outbox where audit_index = 7 for update')
    const dying = expect(pruner().execute()).rejects.toThrow()
    await service.waitingForLocks(1)
    await service.endWaitingForLocks()
    await dying
    await release()

    expect([await stored(), await horizon()]).toEqual([10, undefined])
    expect(await prune(replica.pool)).toBe(10)
  })
})

describe('a missing event', () => {
  beforeEach(async () => {
    await register(2)
    await service.clock.advance({ days: 20 })
    await register(2)
    await service.clock.advance({ days: RETENTION_DAYS - 20, minutes: 1 })
    await prune(replica.pool)
  })

  it('that is older than the horizon is read from the audit log', async () => {
    expect([await stored(), await storedFindings(replica.pool)]).toEqual([2, []])
  })

  it('that is not older than the horizon is found', async () => {
    await service.query('set session_replication_role = replica; delete from outbox where audit_index = 3')

    expect(await storedFindings(replica.pool)).toContain('entry 3 is not the event that was recorded')
  })

  it('is found when no horizon says that events were pruned', async () => {
    await service.query('delete from outbox_horizon')

    expect(await storedFindings(replica.pool)).toContain('entry 0 is not the event that was recorded')
  })
})

describe('the loop of the service', () => {
  it('prunes, counts, and writes a line when something was deleted', async () => {
    await register(BATCH + 1)
    await service.clock.advance({ days: RETENTION_DAYS + 1 })
    const lines: { msg: string; events?: number }[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
    const { events, metrics } = composed(replica.pool, log, { outboxRetentionDays: RETENTION_DAYS })

    events.pruning?.start()
    await expect.poll(() => lines).toHaveLength(1)
    await events.pruning?.stop()

    expect(lines).toMatchObject([{ msg: 'old events deleted from the outbox', events: BATCH + 1 }])
    expect(await metrics.metrics()).toContain(`lottery_events_pruned_total ${BATCH + 1}`)
  })

  it('does not run without a retention', () => {
    expect(composed(replica.pool).events.pruning).toBeUndefined()
  })
})
