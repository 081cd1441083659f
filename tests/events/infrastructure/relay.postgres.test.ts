import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventPublisher, EventRefused } from '../../../src/events/application/event-publisher.ts'
import { LEASE_MS, MAX_ATTEMPTS } from '../../../src/events/application/publication-queue.ts'
import { PublishEvents, type PublishReport } from '../../../src/events/application/publish-events.ts'
import { DrizzlePublicationQueue } from '../../../src/events/infrastructure/drizzle-publication-queue.ts'
import type { RecordedEvent } from '../../../src/shared/domain/domain-events.ts'
import { createPool, pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { countTo, PostgresService, type Replica } from '../../support/postgres-service.ts'

/** A broker in memory. `received` holds the events of every publish that it did not refuse. */
class Broker implements EventPublisher {
  readonly received: RecordedEvent[] = []
  readonly refuses = new Set<string>()
  isAway = false
  /** Awaited before a publish is acknowledged. */
  beforeAck: () => Promise<unknown> = async () => {}

  async publish(events: readonly RecordedEvent[]): Promise<void> {
    if (this.isAway) throw new Error('the broker is unavailable')
    if (events.some(({ id }) => this.refuses.has(id))) throw new EventRefused('too large')
    this.received.push(...events)
    await this.beforeAck()
  }

  async close(): Promise<void> {}
}

interface OutboxRow {
  readonly id: string
  readonly attempts: number
  readonly is_published: boolean
}

let service: PostgresService
let replica: Replica
let broker: Broker
let queue: DrizzlePublicationQueue
let relay: PublishEvents

beforeEach(async () => {
  service = await PostgresService.open('2026-03-10T12:00:00Z')
  replica = await service.replica(4)
  broker = new Broker()
  queue = new DrizzlePublicationQueue(pooledDatabase(replica.pool))
  relay = new PublishEvents(queue, broker, () => 0)
})
afterEach(() => service.stop())

/** Records the next `count` events of an aggregate and returns their ids. */
async function record(aggregate: string, count: number): Promise<string[]> {
  const rows = await service.query<{ id: string }>(
    `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
     select $1, last + n, gen_random_uuid(), 'user.banned.v1', '{}', 'anonymous', clock_timestamp()
     from (select coalesce(max(seq), 0) as last from outbox where aggregate = $1), generate_series(1, $2::int) n
     order by n returning id`,
    [aggregate, count],
  )
  return rows.map(({ id }) => id)
}

async function drain(by = relay): Promise<PublishReport[]> {
  const reports = []
  for (let report = await by.execute(); ; report = await by.execute()) {
    reports.push(report)
    if (!report.isMore) return reports
  }
}

function stored(): Promise<OutboxRow[]> {
  return service.query('select id, attempts, published_at is not null as is_published from outbox order by position')
}

/** Sequence numbers of every aggregate's events, in the order of their first receipt. */
function firstSeqs(events: readonly RecordedEvent[]): Map<string, number[]> {
  const seen = new Set<string>()
  const firsts = events.filter(({ id }) => !seen.has(id) && seen.add(id))
  return new Map(
    [...Map.groupBy(firsts, ({ aggregate }) => aggregate)].map(([key, of]) => [key, of.map(({ seq }) => seq)]),
  )
}

describe('the relay', () => {
  it('publishes every event once, in the order of its aggregate, and marks it', async () => {
    await Promise.all(['user/a', 'user/b', 'user/c'].map((aggregate) => record(aggregate, 400)))

    const reports = await drain()

    expect(reports.map(({ published }) => published)).toEqual([500, 500, 200])
    expect(broker.received).toHaveLength(1_200)
    for (const seqs of firstSeqs(broker.received).values()) expect(seqs).toEqual(countTo(400))
    expect((await stored()).every(({ is_published }) => is_published)).toBe(true)
    expect(await relay.execute()).toEqual({ published: 0, refused: [], isMore: false })
  })

  it('does not miss an event whose transaction began first and committed last', async () => {
    const slow = await replica.pool.connect()
    const insert = `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
      values ('user/slow', 1, gen_random_uuid(), 'user.banned.v1', '{}', 'anonymous', clock_timestamp())`
    await slow.query('begin')
    await slow.query(insert)
    await record('user/fast', 1)
    await drain()
    await slow.query('commit')
    slow.release()

    await drain()

    expect(broker.received.map(({ aggregate }) => aggregate)).toEqual(['user/fast', 'user/slow'])
  })

  it('publishes events that were acknowledged but not marked again, under the same ids', async () => {
    const ids = await record('user/a', 3)
    const dying = createPool({ url: service.url, max: 1 })
    broker.beforeAck = () => dying.end() // as after a crash, the next statement never arrives
    const crashed = new PublishEvents(new DrizzlePublicationQueue(pooledDatabase(dying)), broker, () => 0)
    await expect(crashed.execute()).rejects.toThrow()

    broker.beforeAck = async () => {}
    await service.clock.advance({ seconds: LEASE_MS / 1_000 + 1 })
    await drain()

    expect(broker.received.map(({ id }) => id)).toEqual([...ids, ...ids])
    expect((await stored()).every(({ is_published }) => is_published)).toBe(true)
  })

  it('holds no transaction and no lock while it waits for the broker', async () => {
    await record('user/a', 1)
    const { promise, resolve: acknowledge } = Promise.withResolvers<void>()
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    broker.beforeAck = () => {
      reach()
      return promise
    }
    const publishing = relay.execute()
    await reached

    const open = `select 1 from pg_stat_activity where datname = current_database() and xact_start is not null
      and pid <> pg_backend_pid() and backend_type = 'client backend'`
    expect(await service.query(open)).toEqual([])
    acknowledge()
    expect(await publishing).toMatchObject({ published: 1 })
  })
})

describe('an unavailable broker', () => {
  it('causes only lag: failed attempts do not count against the events', async () => {
    await record('user/a', 2)
    broker.isAway = true
    for (let tries = 0; tries < MAX_ATTEMPTS + 5; tries += 1) {
      await expect(relay.execute()).rejects.toThrow('the broker is unavailable')
    }
    await service.clock.advance({ days: 1 })
    const lag = await queue.lag()
    broker.isAway = false

    await drain()

    expect(lag).toMatchObject({ unpublished: 2, parked: 0 })
    expect(lag.oldestSeconds).toBeGreaterThan(86_400 - 60)
    expect(broker.received.map(({ seq }) => seq)).toEqual([1, 2])
    expect((await stored()).map(({ attempts }) => attempts)).toEqual([0, 0])
    expect(await queue.lag()).toEqual({ unpublished: 0, oldestSeconds: 0, parked: 0 })
  })
})

describe('an event that the broker refuses', () => {
  it('is parked after the last attempt, and delays only its aggregate', async () => {
    const [first, poison] = await record('user/a', 4)
    await record('user/b', 4)
    broker.refuses.add(poison as string)
    const verdicts: boolean[] = []
    for (let tries = 0; tries < MAX_ATTEMPTS; tries += 1) {
      for (const { refused } of await drain()) verdicts.push(...refused.map(({ isParked }) => isParked))
      await service.clock.advance({ minutes: 2 })
    }
    await record('user/b', 1)
    await drain()

    expect(verdicts).toEqual([...Array<boolean>(MAX_ATTEMPTS - 1).fill(false), true])
    expect(broker.received[0]?.id).toBe(first)
    expect(firstSeqs(broker.received)).toEqual(
      new Map([
        ['user/a', [1]],
        ['user/b', countTo(5)],
      ]),
    )
    expect(new Set(broker.received.map(({ id }) => id)).size).toBe(broker.received.length)
    expect(await queue.lag()).toMatchObject({ unpublished: 3, parked: 1 })
  })

  it('is published with the events behind it after an operator resets it', async () => {
    const [poison] = await record('user/a', 3)
    await service.query('update outbox set attempts = $1 where id = $2', [MAX_ATTEMPTS, poison])
    expect(await drain()).toEqual([{ published: 0, refused: [], isMore: false }])

    await service.query('update outbox set attempts = 0, retry_at = null where attempts >= 10')
    await drain()

    expect(broker.received.map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it("waits longer after every refusal, by the database's clock", async () => {
    const [poison] = await record('user/a', 1)
    broker.refuses.add(poison as string)
    const waits: number[] = []
    for (let tries = 0; tries < 8; tries += 1) {
      await drain()
      expect(await relay.execute()).toMatchObject({ refused: [] })
      const [row] = await service.query<{ wait: number }>(
        `select extract(epoch from retry_at - test_clock.clock_timestamp())::float8 as wait from outbox`,
      )
      waits.push(Math.round(2 * (row?.wait ?? 0)) / 2)
      await service.clock.advance({ seconds: (row?.wait ?? 0) + 0.01 })
    }

    expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30])
  })
})

describe('two relays at once', () => {
  it('publish every event once', async () => {
    const other = new PublishEvents(new DrizzlePublicationQueue(otherDatabase()), broker, () => 0)
    await Promise.all(countTo(10).map((n) => record(`user/${n}`, 300)))
    broker.beforeAck = () => service.query('select pg_sleep(0.01)')

    while ((await queue.lag()).unpublished > 0) await Promise.all([drain(), drain(other)])

    expect(broker.received).toHaveLength(3_000)
    for (const seqs of firstSeqs(broker.received).values()) expect(seqs).toEqual(countTo(300))
  })

  it('take over after the lease of the other expires or is released', async () => {
    const otherQueue = new DrizzlePublicationQueue(otherDatabase())
    const other = new PublishEvents(otherQueue, broker, () => 0)
    expect(await queue.holdLease()).toBe(true)
    await record('user/a', 1)

    expect(await other.execute()).toMatchObject({ published: 0 })
    await service.clock.advance({ seconds: LEASE_MS / 1_000 + 1 })
    expect(await other.execute()).toMatchObject({ published: 1 })
    expect(await queue.holdLease()).toBe(false)
    await otherQueue.releaseLease()
    expect(await queue.holdLease()).toBe(true)
  })
})

const pools: { end(): Promise<void> }[] = []
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.end()
})

function otherDatabase() {
  const pool = createPool({ url: service.url, max: 4 })
  pools.push(pool)
  return pooledDatabase(pool)
}
