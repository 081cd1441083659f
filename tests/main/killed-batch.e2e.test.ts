import { afterEach, beforeEach, expect, it } from 'vitest'
import { bearer } from '../support/access.ts'
import { countTo, tally } from '../support/postgres-service.ts'
import { type RunningService, startService } from '../support/running-service.ts'
import { query } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const DATE = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
const SLEEPS = `datname = current_database() and wait_event = 'PgSleep'`

interface Results {
  readonly results: { readonly status: number; readonly replayed: boolean; readonly receipt: { readonly id: string } }[]
}

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(() => database.drop())

it('a batch is stored once when the service is killed in the middle of it, and it is sent again', async () => {
  await query(
    database.url,
    `create function block() returns trigger language plpgsql as $$
       begin if new.ballot_count > 550 then perform pg_sleep(60); end if; return new; end $$;
     create trigger block before update on lotteries for each row execute function block()`,
  )
  await using first = await startService({ DATABASE_URL: database.url })
  const { body: user } = await first.post<{ id: string }>('/users', { email: 'ada@example.org' })
  const single = { user_id: user.id, date: DATE }
  const ballots = countTo(1_000).map((n) => ({ ...single, idempotency_key: `key-${n}` }))
  const headers = await bearer('agent')
  const send = (to: RunningService) => to.post<Results>('/lotteries/submit/batch', { ballots }, headers)

  // While single submits come, the batch is stored in slices. These are refused.
  const refused = () => first.post('/lotteries/submit', { ...single, user_id: crypto.randomUUID() })
  expect((await refused()).status).toBe(404)
  const singles = (async () => {
    for (let isUp = true; isUp; ) isUp = await refused().then(Boolean, () => false)
  })()
  const lost = send(first).catch(() => 'no answer')
  await expect.poll(() => sleeping(database.url), { interval: 20, timeout: 10_000 }).toBe(1)
  await first.stop('SIGKILL')
  expect(await lost).toBe('no answer')
  await singles
  await query(database.url, `select pg_terminate_backend(pid, 5000) from pg_stat_activity where ${SLEEPS}`)
  await query(database.url, 'drop trigger block on lotteries')
  const before = await stored(database.url)

  await using second = await startService({ DATABASE_URL: database.url })
  const { status, body } = await send(second)

  expect([100, 200, 300, 400, 500]).toContain(before)
  expect(status).toBe(200)
  expect(tally(body.results.map((result) => `${result.status} ${result.replayed}`))).toEqual({
    '201 true': before,
    '201 false': 1_000 - before,
  })
  expect(new Set(body.results.map(({ receipt }) => receipt.id)).size).toBe(1_000)
  expect(await stored(database.url)).toBe(1_000)
})

function sleeping(url: string): Promise<number> {
  return count(url, `select count(*)::int from pg_stat_activity where ${SLEEPS}`)
}

function stored(url: string): Promise<number> {
  return count(url, `select count(*)::int from ballots where lottery_date = '${DATE}'`)
}

async function count(url: string, sql: string): Promise<number> {
  return (await query<{ count: number }>(url, sql))[0]?.count ?? Number.NaN
}
