import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningService, startService } from '../support/running-service.ts'
import { installTestClock } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const OVERDUE = ['2031-02-27', '2031-02-28', '2031-03-01']
const TODAY = '2031-03-02'
const MIDNIGHT = Date.parse('2031-03-03T00:00:00Z')
/** Time for a start on a busy machine, in milliseconds. */
const STARTS_BEFORE_MIDNIGHT_MS = 12_000

let database: TestDatabase
let service: RunningService
/** Ids of the submitted ballots, by date. */
let ballots: Map<string, string>

// Only the database's clock is moved, because it decides. The service's own clock shows the real time.
beforeAll(async () => {
  database = await createTestDatabase()
  const clock = await installTestClock(database.url)
  await clock.moveTo('2031-02-27T12:00:00Z')
  await using before = await startService({ DATABASE_URL: database.url })
  ballots = await submit(before, [...OVERDUE, TODAY].toReversed())
  await before.stop('SIGKILL')

  await clock.moveTo(MIDNIGHT - STARTS_BEFORE_MIDNIGHT_MS)
  service = await startService({ DATABASE_URL: database.url })
})

afterAll(async () => {
  await service.stop()
  await database.drop()
})

describe('a service that was down over three midnights', () => {
  it('closes all three lotteries when it starts, oldest first', async () => {
    await service.line(/"date":"2031-03-01","msg":"lottery closed"/)

    expect(closedDates()).toEqual(OVERDUE)
    for (const date of OVERDUE) {
      expect(await service.get(`/lotteries/winner?date=${date}`)).toMatchObject({ body: { id: ballots.get(date) } })
    }
    expect(await service.get(`/lotteries/${TODAY}`)).toMatchObject({ body: { status: 'open' } })
  })
})

describe('a database whose clock differs from the service clock', () => {
  it('has its lottery closed as soon as its own day is over, before the next sweep', async () => {
    await service.line(/"date":"2031-03-02","msg":"lottery closed"/)

    const { body } = await service.get<{ closed_at: string }>(`/lotteries/${TODAY}`)
    const late = Date.parse(body.closed_at) - MIDNIGHT
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(1_000)
  })
})

/** Submits one ballot of one user for every date. Returns the ballot ids by date. */
async function submit(to: RunningService, dates: readonly string[]): Promise<Map<string, string>> {
  const { body: user } = await to.post<{ id: string }>('/users', { email: 'ada@example.org' })
  const ids = new Map<string, string>()
  for (const date of dates) {
    const answer = await to.post<{ id: string }>('/lotteries/submit', { user_id: user.id, date })
    expect(answer.status).toBe(201)
    ids.set(date, answer.body.id)
  }
  return ids
}

function closedDates(): string[] {
  const lines = service.output.split('\n').filter((line) => line.includes('"lottery closed"'))
  return lines.map((line) => (JSON.parse(line) as { date: string }).date)
}
