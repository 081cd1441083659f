import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { INTERNAL_TOKEN } from '../support/access.ts'
import { TODAY } from '../support/builders.ts'
import { RunningService, startService } from '../support/running-service.ts'
import { installTestClock, query } from '../support/test-clock.ts'
import { createTestDatabase } from '../support/test-database.ts'

const WORKERS = '2'
const SUBMITS = 100
const CALLERS = 8

it('two workers store concurrent submits without a gap, draw one winner, are scraped as one, and stop', async () => {
  const url = await databaseUrl()
  const clock = await installTestClock(url)
  await clock.moveTo(`${TODAY}T12:00:00Z`)
  await using service = await startService({
    ...{ DATABASE_URL: url, WORKERS, OPERATIONS_PORT: '0', LOG_LEVEL: 'debug', INTERNAL_CLOSE_TOKEN: INTERNAL_TOKEN },
  })
  const ballot = { user_id: await userOf(service) }
  const submits = await times(SUBMITS, () => service.post('/lotteries/submit', ballot))
  expect(new Set(submits.map(({ status }) => status))).toEqual(new Set([201]))
  expect(workersThatAnswered(service, '/lotteries/submit')).toEqual(workersOf(service))
  const stored = await query<{ ordinal: number }>(url, 'select ordinal::int from ballots order by ordinal')
  expect(stored.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: SUBMITS }, (_, index) => index + 1))

  const [operations = ''] = /http:\/\/localhost:\d+/.exec(await service.line(/operations http/)) ?? []
  const metrics = await (await fetch(`${operations}/metrics`)).text()
  expect(metrics).toContain(`lottery_submits_total{code="accepted"} ${SUBMITS}\n`)
  expect(metrics).toContain('lottery_lotteries{status="open"} 1\n')

  await clock.advance({ hours: 12 })
  const closed = await times(CALLERS, () =>
    service.post(`/lotteries/close?date=${TODAY}`, undefined, { 'x-internal-token': INTERNAL_TOKEN }),
  )
  expect(new Set(closed.map(({ body }) => body['winner_ballot_id']))).toEqual(new Set([expect.any(String)]))
  expect(await query(url, `select from outbox where type = 'lottery.closed.v1'`)).toHaveLength(1)

  expect(await service.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(service.output.match(/"level":30.*(API {8}|service stop)/g)).toHaveLength(3)
})

it('a killed worker is started again, and loses no acknowledged ballot', async () => {
  const url = await databaseUrl()
  await using service = await startService({ DATABASE_URL: url, WORKERS, LOG_LEVEL: 'debug' })
  const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await service.post('/lotteries/create', { date })
  const ballot = { user_id: await userOf(service), date }
  const acknowledged: string[] = []
  let goesOn = true
  const callers = times(CALLERS, async () => {
    for (let key = randomUUID(); goesOn; ) {
      const headers = { 'idempotency-key': key }
      const answer = await service.post<{ id: string }>('/lotteries/submit', ballot, headers).catch(() => undefined)
      if (answer === undefined) continue // the connection ended with its worker
      expect(answer.status).toBeOneOf([200, 201])
      acknowledged.push(answer.body.id)
      key = randomUUID()
    }
  })
  await until(() => expect(acknowledged.length).toBeGreaterThan(2 * CALLERS))

  const [killed = Number.NaN] = workersOf(service)
  process.kill(killed, 'SIGKILL')

  await until(() => expect(workersOf(service)).toHaveLength(2))
  await until(() => expect(workersOf(service)).not.toContain(killed))
  const replacement = workersOf(service).at(-1)
  await until(async () => {
    await fetch(`${service.url}/health/live`, { headers: { connection: 'close' } })
    expect(workersThatAnswered(service, '/health/live')).toContain(replacement)
  })
  goesOn = false
  await callers
  expect(service.output).toContain('a worker was ended by SIGKILL; another one is started')
  const kept = new Set((await query<{ id: string }>(url, 'select id from ballots')).map(({ id }) => id))
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
})

it('the port of running workers is refused in one sentence, and is free when their primary is killed', async () => {
  const url = await databaseUrl()
  const environment = { DATABASE_URL: url, WORKERS, PORT: await freePort() }
  await using first = await startService(environment)
  await using second = new RunningService(environment)
  expect(await second.exit).toEqual({ code: 1, signal: null })
  expect(messages(second)).toEqual([
    'service stopped',
    expect.stringMatching(
      /^the service could not start\. PORT: port \d+ of 127\.0\.0\.1 is in use by another program:/,
    ),
  ])

  await first.stop('SIGKILL') // resolves when no process has the streams of the service
  await using third = await startService(environment)
  expect(await third.stop('SIGINT')).toEqual({ code: 0, signal: null })
})

it('a reason that keeps the workers from starting is logged once, and ends the service', async () => {
  const url = await databaseUrl()
  await using first = await startService({ DATABASE_URL: url })
  await first.stop()
  const LEDGER_SIGNING_KEY = Buffer.alloc(32, 8).toString('base64')
  await using second = new RunningService({ DATABASE_URL: url, WORKERS, LEDGER_SIGNING_KEY })

  expect(await second.exit).toEqual({ code: 1, signal: null })
  expect(messages(second)).toEqual([
    'service stopped',
    expect.stringMatching(/^the service could not start\. .*LEDGER_SIGNING_KEY/),
  ])
})

it('workers share the embedded server and its keys, and a stop leaves no process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lottery-workers-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await using service = await startService({ DATA_DIR: folder, WORKERS })
  const keys = await times(CALLERS, async () => JSON.stringify((await service.get('/keys')).body))
  expect(new Set(keys).size).toBe(1)

  expect(await service.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(processes().filter(({ command }) => command.includes(folder))).toEqual([])
})

async function databaseUrl(): Promise<string> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  return database.url
}

async function userOf(service: RunningService): Promise<string> {
  return (await service.post<{ id: string }>('/users', { email: 'ada@example.org' })).body.id
}

/** Process ids, ascending. */
function workersOf({ pid }: RunningService): number[] {
  return processes()
    .filter(({ parent }) => parent === pid)
    .map((one) => one.pid)
}

/** Process ids of the workers that answered a request to the path, ascending. */
function workersThatAnswered(service: RunningService, path: string): number[] {
  const lines = service.output.split('\n').filter((line) => line.includes('request answered') && line.includes(path))
  return [...new Set(lines.map((line) => (JSON.parse(line) as { pid: number }).pid))].toSorted((a, b) => a - b)
}

function processes(): { readonly pid: number; readonly parent: number; readonly command: string }[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
  return lines
    .map((line) => {
      const [pid, parent, ...command] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), command: command.join(' ') }
    })
    .toSorted((a, b) => a.pid - b.pid)
}

/** Sorted, because the log can write a line at `fatal` after the one that follows it. */
function messages(service: RunningService): string[] {
  const lines = service.output.split('\n')
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg).toSorted()
}

function times<Result>(count: number, work: () => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, work))
}

function until(holds: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(holds, { timeout: 15_000, interval: 20 })
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}
