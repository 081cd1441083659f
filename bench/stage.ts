import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SELF } from '../src/access/infrastructure/token-signer.ts'
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../src/shared/domain/user-id.ts'
import { migrateDatabase } from '../src/shared/infrastructure/migrations.ts'
import { mintUuid } from '../src/shared/infrastructure/uuid.ts'
import { TOKEN_SEED } from '../tests/support/access.ts'
import { RunningService } from '../tests/support/running-service.ts'
import { query } from '../tests/support/test-clock.ts'
import type { Options } from './options.ts'
import { createPlainTables } from './peers/plain-schema.ts'
import { runJob, type Server, startServer } from './processes.ts'
import { stolenTime } from './stolen-time.ts'

const USERS = 1_000
/** Longest warm-up before a load phase, in seconds. Nothing is measured during the warm-up. */
const WARMUP = 2
/** Table like `ballots`, for single inserts without locks. */
export const SINGLE_INSERTS = 'single_inserts'

/** Database server, users and processes of the benchmark. Closing the stage ends all of them. */
export class Stage {
  readonly options: Options
  readonly users: readonly UserId[] = Array.from({ length: USERS }, () => mintUuid() as UserId)
  /** Raw figures of the phases, in the order of the run. */
  readonly phases: object[] = []
  /** Day of the large lottery. */
  readonly largeDate = CalendarDate.addDays(CalendarDate.of(Date.now()), 1)
  /** Day of a small lottery in another month, hence in another partition. */
  readonly smallDate = CalendarDate.addDays(this.largeDate, 34)
  /** Moment after the days of these two lotteries and before the days of all others. */
  readonly noonAfterBoth = `${CalendarDate.addDays(this.smallDate, 2)}T12:00:00Z`
  readonly #signal: AbortSignal
  readonly #cleanups: (() => Promise<unknown>)[] = []
  #urls: { readonly service: string; readonly plain: string } | undefined
  readonly #stolen = stolenTime()
  #days = 0

  /** An abort kills the peers and the generators at once. `close` stops the services and the database server. */
  constructor(options: Options, signal: AbortSignal) {
    this.options = options
    this.#signal = signal
  }

  async open(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'lottery-bench-'))
    this.#cleanups.push(() => rm(folder, { recursive: true, force: true }))
    const server = await startEmbeddedPostgres(folder, { signal: this.#signal })
    this.#cleanups.push(() => server.stop())

    const plain = Object.assign(new URL(server.url), { pathname: '/plain' }).href
    await query(server.url, 'create database plain')
    await createPlainTables(plain, this.users)
    await migrateDatabase(server.url)
    await query(server.url, `create table ${SINGLE_INSERTS} (like ballots including all)`)
    await query(
      server.url,
      `insert into users (id, email, subject, created_at, last_seq)
       select id, id || '@example.org', $2 || ' ' || id, clock_timestamp(), 1 from unnest($1::uuid[]) id`,
      [this.users, SELF],
    )
    this.#urls = { service: server.url, plain }
  }

  /** URL of the service's database. */
  get database(): string {
    return this.#databases.service
  }

  /** URL of the database of the peer `plain`. */
  get plainDatabase(): string {
    return this.#databases.plain
  }

  /** Warm-up before a load phase, in seconds. */
  get warmup(): number {
    return Math.min(WARMUP, this.options.seconds / 2)
  }

  /** Day of a lottery that is not in use yet. */
  nextDate(): CalendarDate {
    this.#days += 1
    return CalendarDate.addDays(this.smallDate, 30 + this.#days)
  }

  /** Starts the service as users run it, with these additions to its environment. */
  async service(environment: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    this.#signal.throwIfAborted()
    const key = { TOKEN_SIGNING_KEY: TOKEN_SEED.toString('base64') }
    const service = new RunningService({ DATABASE_URL: this.database, ...key, ...environment })
    this.#cleanups.push(() => service.stop())
    return service.ready()
  }

  /** Starts a server of `peers/` with a job. */
  peer(name: string, job: object = {}): Promise<Server> {
    return startServer(`peers/${name}.ts`, job, this.#signal)
  }

  /** Runs a script of this folder to its end with a job, and returns its result. */
  run<Result>(script: string, job: object): Promise<Result> {
    return runJob<Result>(script, job, this.#signal)
  }

  /** Keeps the raw figures of a phase, logs them and returns them. */
  record<Phase extends object>(name: string, phase: Phase): Phase {
    this.phases.push({ phase: name, ...phase, stolen: this.#stolen() })
    logProgress(
      `${name}: ${JSON.stringify(phase, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value))}`,
    )
    return phase
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse())
      await cleanup().catch((error: unknown) => logProgress(String(error)))
  }

  get #databases() {
    if (!this.#urls) throw new Error('the stage is not open: call open() first')
    return this.#urls
  }
}

/** URL of a service with an IP address as its host, so that no connection has to look up a name. */
export function addressOf({ url }: RunningService): string {
  return url.replace('localhost', '127.0.0.1')
}

/** Logs a line of progress to stderr. */
export function logProgress(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
}
