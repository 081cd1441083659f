import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { type Answer, RunningService, startService } from '../support/running-service.ts'
import { query } from '../support/test-clock.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const UNAVAILABLE = { status: 503, body: { code: 'database_unavailable', status: 503 } }
/** Time within which the service serves again after its database is back. */
const RECOVERS_WITHIN_MS = 5_000

let folder: string
let database: TestDatabase

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-service-'))
  database = await createTestDatabase()
})

afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

describe('the service with DATABASE_URL', () => {
  // Simulates an installation without the optional dependencies: importing the embedded server throws.
  const withoutEmbedded = [
    '--import',
    `data:text/javascript,${encodeURIComponent(`
      import { registerHooks } from 'node:module'
      registerHooks({ resolve(specifier, context, next) {
        if (specifier.includes('embedded-postgres')) throw new Error('asked for ' + specifier)
        return next(specifier, context)
      } })`)}`,
  ]

  it('neither loads the embedded server nor makes its folder', async () => {
    const dataDir = join(folder, 'data')
    await using service = await startService({ DATABASE_URL: database.url, DATA_DIR: dataDir }, withoutEmbedded)
    expect(await service.stop()).toMatchObject({ code: 0 })
    expect(existsSync(dataDir)).toBe(false)

    await using other = new RunningService({ DATA_DIR: dataDir }, withoutEmbedded)
    expect(await other.exit).toMatchObject({ code: 1 })
    expect(other.output).toContain('asked for ./embedded-postgres/embedded-postgres.ts')
  })

  it('answers the requests in flight when it is stopped, also when the signal comes twice', async () => {
    await using service = await startService({ DATABASE_URL: database.url })
    const { body } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
    const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    await service.post('/lotteries/create', { date })
    const holder = new Client({ connectionString: database.url })
    await holder.connect()
    await holder.query('begin')
    await holder.query('select from lotteries for update')

    const submit = () => service.post<{ ordinal: number }>('/lotteries/submit', { user_id: body.id, date })
    const answers = [submit()]
    await expect.poll(() => waitingForALock(database.url), { interval: 20 }).toBe(1)
    answers.push(submit(), submit()) // wait for the next batch
    const metrics = async () => (await service.get<string>('/metrics')).body
    await expect.poll(metrics, { interval: 20 }).toContain('lottery_submits_waiting 2')
    const exit = service.stop('SIGINT')
    await service.line(/"service stops"/)
    void service.stop('SIGINT')
    await holder.end()

    const receipts = await Promise.all(answers)
    expect(receipts.map(({ status }) => status)).toEqual([201, 201, 201])
    expect(receipts.map((receipt) => receipt.body.ordinal).toSorted((a, b) => a - b)).toEqual([1, 2, 3])
    expect(await exit).toEqual({ code: 0, signal: null })
  })

  it('starts four replicas at once on one empty database, and applies its migrations once', async () => {
    const { url, prefix } = inject('postgres')
    await query(url, `create database ${prefix}_empty`)
    const empty = Object.assign(new URL(url), { pathname: `/${prefix}_empty` }).href

    const replicas = await Promise.all(Array.from({ length: 4 }, () => startService({ DATABASE_URL: empty })))

    const exits = await Promise.all(replicas.map((replica) => replica.stop()))
    expect(exits).toEqual(Array(4).fill({ code: 0, signal: null }))
    const journal = JSON.parse(await readFile('drizzle/meta/_journal.json', 'utf8')) as { entries: unknown[] }
    expect(await query(empty, 'select from drizzle.__drizzle_migrations')).toHaveLength(journal.entries.length)
  }, 60_000)
})

describe('an unavailable database', () => {
  it('is waited for at start', async () => {
    await using cable = await Cable.to(database.url)
    await cable.cut()
    await using service = new RunningService({ DATABASE_URL: cable.url })
    await service.line(/waiting for the database/)

    await cable.mend()

    await service.ready()
  })

  it('does not delay the stop of a service that waits for it at start', async () => {
    await using service = new RunningService({ DATABASE_URL: 'postgres://lottery:hunter2@127.0.0.1:1/lottery' })
    await service.line(/waiting for the database/)

    expect(await service.stop()).toEqual({ code: 0, signal: null })

    expect(service.output).not.toContain('hunter2')
  })

  it('causes 503 until 5 s after its return at the latest: a cut connection', async () => {
    await using cable = await Cable.to(database.url)
    await using service = await startService({ DATABASE_URL: cable.url })
    await isServing(service)

    await cable.cut()
    await isUnavailable(service)
    await cable.mend()

    await recovers(service)
  })

  it('causes 503 until 5 s after its return at the latest: a network that drops everything', async () => {
    await using cable = await Cable.to(database.url)
    await using service = await startService({ DATABASE_URL: cable.url })
    await isServing(service)

    cable.freeze()
    const [reading, writing] = [service.get('/lotteries'), service.post('/users', { email: 'grace@example.org' })]
    expect(await reading).toMatchObject(UNAVAILABLE)
    expect(await writing).toMatchObject(UNAVAILABLE)
    await cable.cut()
    await cable.mend()

    await recovers(service)
  })

  it('causes 503 until 5 s after its return at the latest: a killed server', async () => {
    const dataDir = join(folder, 'killed')
    const options = { durable: false, settings: { synchronous_commit: 'on' } } // acknowledged writes must survive the kill
    const first = await startEmbeddedPostgres(dataDir, options)
    await using cable = await Cable.to(first.url)
    await using service = await startService({ DATABASE_URL: cable.url })
    await isServing(service)

    process.kill(Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10), 'SIGKILL')
    await isUnavailable(service)
    const second = await startEmbeddedPostgres(dataDir, options)
    cable.plugInto(second.url)

    await recovers(service)
    await service.stop()
    await second.stop()
    await first.stop()
  })
})

async function isServing(service: RunningService): Promise<void> {
  const email = `${crypto.randomUUID()}@example.org`
  expect(await service.post('/users', { email })).toMatchObject({ status: 201 })
}

async function isUnavailable(service: RunningService): Promise<void> {
  await expect.poll(() => readiness(service), { interval: 20, timeout: 5_000 }).toBe(503) // backends outlive a killed server for a moment
  const answers: Answer<unknown>[] = [
    await service.get('/health/ready'),
    await service.post('/users', { email: 'grace@example.org' }),
    await service.get('/lotteries'),
  ]
  for (const answer of answers) {
    expect(answer).toMatchObject(UNAVAILABLE)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect(await service.get('/health/live')).toMatchObject({ status: 200 })
}

async function recovers(service: RunningService): Promise<void> {
  await expect.poll(() => readiness(service), { interval: 50, timeout: RECOVERS_WITHIN_MS }).toBe(200)
  await isServing(service)
}

async function readiness(service: RunningService): Promise<number> {
  return (await service.get('/health/ready')).status
}

async function waitingForALock(url: string): Promise<number> {
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  return (await query(url, waiting)).length
}

/** A proxy to a PostgreSQL server that can be cut and mended. */
class Cable implements AsyncDisposable {
  readonly #ends = new Set<Socket>()
  readonly #server: Server
  #to: URL
  #port = 0

  static async to(url: string): Promise<Cable> {
    const cable = new Cable(url)
    await cable.mend()
    return cable
  }

  private constructor(url: string) {
    this.#to = new URL(url)
    this.#server = createServer((near) => {
      const far = connect(Number(this.#to.port || 5432), this.#to.hostname)
      for (const [end, other] of [[near, far] as const, [far, near] as const]) {
        this.#ends.add(end)
        end.pipe(other)
        end.on('error', () => {}).on('close', () => this.#ends.delete(end) && other.destroy())
      }
    })
  }

  get url(): string {
    return Object.assign(new URL(this.#to), { hostname: '127.0.0.1', port: String(this.#port) }).href
  }

  plugInto(url: string): void {
    this.#to = new URL(url)
  }

  async cut(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const end of this.#ends) end.destroy()
    await closed
  }

  /** Stops all traffic without closing a connection. */
  freeze(): void {
    for (const end of this.#ends) end.unpipe().pause()
  }

  async mend(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as { port: number }).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.cut()
  }
}
