import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PostgresService } from '../../support/postgres-service.ts'
import { type Answer, type RunningService, startService } from '../../support/running-service.ts'
import { expectWholeLog } from '../../support/whole-log.ts'

describe('two services on one database, one killed while it sequences', () => {
  let service: PostgresService
  let answered: string[]

  beforeEach(async () => {
    service = await PostgresService.open('2031-05-14T12:00:00Z')
  })
  afterEach(() => service.stop())

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
    const [turn] = await service.query<{ of: string }>(
      `select application_name as of from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
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
    await expect
      .poll(() => usersInLog(survivor).then((names) => names.toSorted()))
      .toEqual(stored.map(({ name }) => name).toSorted())
    await expectWholeLog(service)
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
