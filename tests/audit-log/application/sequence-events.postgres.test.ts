import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { composeChecks } from '../../../src/composition.ts'
import { ConnectionLost } from '../../../src/shared/application/unavailable.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { PostgresUnitOfWork } from '../../../src/shared/infrastructure/postgres-unit-of-work.ts'
import { DrizzleUserRepository } from '../../../src/user/infrastructure/drizzle-user-repository.ts'
import { accepted, aSubmit, aUser, CAUSE, date, userId } from '../../support/builders.ts'
import { hold } from '../../support/holding.ts'
import { countTo, PostgresService, type Replica, race, submit } from '../../support/postgres-service.ts'
import { type Answer, type RunningService, startService } from '../../support/running-service.ts'

const WAITING = `from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`

interface Place {
  readonly index: number
  readonly aggregate: string
  readonly seq: number
  readonly id: string
}

let service: PostgresService

beforeEach(async () => {
  service = await PostgresService.open('2031-05-14T12:00:00Z')
})
afterEach(() => service.stop())

describe('the audit log', () => {
  it('takes an event whose transaction began first and committed last', async () => {
    const replica = await service.replica(4)
    const userWork = new PostgresUnitOfWork(replica.pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
    const slow = await hold(userWork, ({ users }) => users.add(aUser()))
    const { id: fast } = await register(replica, 'fast')

    await replica.auditLog.sequenceEvents.execute()
    const before = await logged()
    await slow.commit()
    await replica.auditLog.sequenceEvents.execute()

    const positions = await service.query<{ aggregate: string }>('select aggregate from outbox order by position')
    const [first, last] = [`user/${userId()}`, `user/${fast}`]
    expect(positions.map(({ aggregate }) => aggregate)).toEqual([first, last])
    expect(before.map(({ aggregate }) => aggregate)).toEqual([last])
    expect((await logged()).map(({ aggregate }) => aggregate)).toEqual([last, first])
    await isWhole()
  })

  it('never takes an event whose transaction is rolled back', async () => {
    const replica = await service.replica(4)
    const userWork = new PostgresUnitOfWork(replica.pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
    const failing = await hold(userWork, ({ users }) => users.add(aUser()))
    await replica.auditLog.sequenceEvents.execute()
    await failing.rollBack()
    await register(replica, 'other')

    await replica.auditLog.sequenceEvents.execute()

    expect(await logged()).toMatchObject([{ index: 0, seq: 1 }])
    await isWhole()
  })

  it('takes up to 500 events a run, and reports whether more may wait', async () => {
    const { sequenceEvents } = (await service.replica(2)).auditLog
    await service.query(
      `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
       select 'user/a', n, gen_random_uuid(), 'user.banned.v1', '{}', 'anonymous', now() from generate_series(1, 1003) n`,
    )

    const turns = []
    for (let turn = 0; turn < 3; turn += 1) turns.push([await sequenceEvents.execute(), (await logged()).length])

    expect(turns).toEqual([
      [true, 500],
      [true, 1_000],
      [false, 1_003],
    ])
    await isWhole()
  })
})

describe('several replicas at once', () => {
  it('give every event one index without gaps, and keep the order of each aggregate', async () => {
    const replicas = await Promise.all(countTo(4).map(() => service.replica(6)))
    const working = new AbortController()
    const sequencing = Promise.all(
      replicas.map(async ({ auditLog }) => {
        while (!working.signal.aborted) await auditLog.sequenceEvents.execute()
      }),
    )

    await race(12, async (worker) => {
      const replica = replicas[worker % 4] as Replica
      for (const round of countTo(8)) {
        const { id } = await register(replica, `${worker}-${round}`)
        const day = date(`2031-06-${String(worker + round).padStart(2, '0')}`)
        accepted(await submit(replica, aSubmit({ userId: id, date: day })))
        await replica.user.banUser.ban(id, CAUSE)
        await replica.user.banUser.unban(id, CAUSE)
      }
    }).finally(() => working.abort())
    await sequencing
    await replicas[0]?.auditLog.sequenceEvents.execute()

    const lotteries = 19 // 12 workers and 8 rounds: one day for each possible sum
    expect(await logged()).toHaveLength(12 * 8 * 3 + lotteries)
    await isWhole()
  })

  it('do not wait for a replica that is sequencing, and take over when its connection is lost', async () => {
    const [slow, other] = await Promise.all([service.replica(2), service.replica(2)])
    for (const name of ['ada', 'ben', 'cleo']) await register(other, name)
    const release = await service.hold(
      `select from outbox where aggregate = (select max(aggregate) from outbox) for update`,
    )
    const turn = expect(slow.auditLog.sequenceEvents.execute()).rejects.toThrow(ConnectionLost)
    await service.waitingForLocks(1)

    const mayBeMore = await other.auditLog.sequenceEvents.execute()

    await service.waitingForLocks(1) // still the slow replica
    expect(mayBeMore).toBe(false)
    await service.endWaitingForLocks()
    await turn
    await release()
    expect(await logged()).toEqual([])

    await other.auditLog.sequenceEvents.execute()
    await slow.auditLog.sequenceEvents.execute() // on a new connection, with nothing to do

    expect(await logged()).toHaveLength(3)
    await isWhole()
  })
})

describe('two services on one database, one killed while it sequences', () => {
  let answered: string[]

  it('lose no event of an answered request, and the other service continues within 5 seconds', async () => {
    const noLimit = { REGISTRATIONS_PER_MINUTE: '0' }
    await using first = await startService({ DATABASE_URL: named('first'), ...noLimit })
    await using second = await startService({ DATABASE_URL: named('second'), ...noLimit })
    const services = new Map(Object.entries({ first, second }))
    answered = []
    const registering = new AbortController()
    const workers = [first, second, first, second].map(async (to, worker) => {
      for (let n = 0; !registering.signal.aborted; n += 1) {
        const answer = await to
          .post<{ id: string }>('/users', { email: `${worker}-${n}@example.org` })
          .catch(() => null)
        if (answer?.status !== 201) return // killed
        answered.push(`user/${answer.body.id}`)
      }
    })

    const release = await service.hold('lock table audit_head in share mode')
    await service.waitingForLocks(1)
    const [turn] = await service.query<{ of: string }>(`select application_name as of ${WAITING}`)
    const killed = services.get(turn?.of ?? '') as RunningService
    const survivor = killed === first ? second : first
    await answers(10)
    await killed.stop('SIGKILL')
    await answers(10)
    registering.abort()
    await Promise.all(workers)
    await release()

    const missing = async () => {
      const inLog = new Set(await usersInLog(survivor))
      return answered.filter((aggregate) => !inLog.has(aggregate))
    }
    await expect.poll(missing, { timeout: 5_000, interval: 50 }).toEqual([])
    const stored = await service.query<{ name: string }>(`select 'user/' || id as name from users`)
    await expect.poll(() => usersInLog(survivor).then(sorted)).toEqual(sorted(stored.map(({ name }) => name)))
    await isWhole()
  })

  /** Resolves after this many more answers. */
  async function answers(count: number): Promise<void> {
    const before = answered.length
    await expect.poll(() => answered.length, { timeout: 5_000, interval: 5 }).toBeGreaterThan(before + count)
  }

  function named(name: string): string {
    const url = new URL(service.url)
    url.searchParams.set('application_name', name)
    return url.href
  }

  /** The registered users in the log, read page by page over HTTP. */
  async function usersInLog(from: RunningService): Promise<string[]> {
    const aggregates: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Answer<{ items: { event: { aggregate: string } }[]; next_cursor: string | null }> = await from.get(
        `/audit?type=user.registered.v1&limit=100${cursor && `&cursor=${cursor}`}`,
      )
      aggregates.push(...page.body.items.map(({ event }) => event.aggregate))
      cursor = page.body.next_cursor
    }
    return aggregates
  }
})

async function register({ user }: Replica, name: string): Promise<{ readonly id: UserId }> {
  return (await user.registerUser.execute({ email: `${name}@example.org`, name }, CAUSE)).user
}

/** The stored log. */
function logged(): Promise<Place[]> {
  return service.query<Place>(
    `select index::int, aggregate, (event::jsonb ->> 'seq')::int as seq, id from audit_log order by index`,
  )
}

/** Asserts that the log has every recorded event once, in its aggregate's order, and that the check finds nothing. */
async function isWhole(): Promise<void> {
  const log = await logged()
  const recorded = await service.query<Place>('select audit_index::int as index, aggregate, seq::int, id from outbox')
  expect(log).toEqual(recorded.toSorted((a, b) => a.index - b.index))
  expect(log.map(({ index }) => index)).toEqual(countTo(log.length).map((n) => n - 1))
  for (const [aggregate, events] of Map.groupBy(log, (place) => place.aggregate)) {
    expect([aggregate, events.map(({ seq }) => seq)]).toEqual([aggregate, countTo(events.length)])
  }
  const { pool } = await service.replica(1)
  const subject = `audit log, ${log.length} entries`
  expect(await composeChecks(pool).checkAuditLog.execute()).toEqual({ subject, findings: [] })
}

function sorted(names: readonly string[]): string[] {
  return names.toSorted()
}
