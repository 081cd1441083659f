import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts'
import { CalendarDate } from '../src/lottery/domain/calendar-date.ts'
import type { UserId } from '../src/shared/domain/user-id.ts'
import { migrateDatabase } from '../src/shared/infrastructure/migrations.ts'
import { mintUuid } from '../src/shared/infrastructure/uuid.ts'
import { RunningService } from '../tests/support/running-service.ts'
import { query } from '../tests/support/test-clock.ts'
import type { Options } from './options.ts'
import { createPlainTables } from './peers/plain-schema.ts'
import { runJob, type Server, startServer } from './processes.ts'
import { stolenTime } from './stolen-time.ts'

const USERS = 1_000
/** Seconds before each load phase in which nothing is measured, at most. */
const WARMUP = 2
/** A table like that of the ballots, for inserts that nobody has to wait for. */
export const SINGLE_INSERTS = 'single_inserts'

/** The server with its databases, the users, and all processes of the benchmark. Everything ends when it is closed. */
export class Stage {
  readonly options: Options
  readonly users: readonly UserId[] = Array.from({ length: USERS }, () => mintUuid() as UserId)
  /** Raw figures of each phase, in their order. */
  readonly phases: object[] = []
  /** The day of the large lottery. */
  readonly largeDate = CalendarDate.addDays(CalendarDate.of(Date.now()), 1)
  /** That of a small lottery in another month, hence in another partition. */
  readonly smallDate = CalendarDate.addDays(this.largeDate, 34)
  /** After the days of these two, before those of all others. */
  readonly noonAfterBoth = `${CalendarDate.addDays(this.smallDate, 2)}T12:00:00Z`
  readonly #signal: AbortSignal
  readonly #undo: (() => Promise<unknown>)[] = []
  #urls: { readonly service: string; readonly plain: string } | undefined
  readonly #stolen = stolenTime()
  #days = 0

  /** The signal ends every process at once, but for the services and the database server. */
  constructor(options: Options, signal: AbortSignal) {
    this.options = options
    this.#signal = signal
  }

  async open(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'lottery-bench-'))
    this.#undo.push(() => rm(folder, { recursive: true, force: true }))
    const server = await startEmbeddedPostgres(folder, { signal: this.#signal })
    this.#undo.push(() => server.stop())

    const plain = Object.assign(new URL(server.url), { pathname: '/plain' }).href
    await query(server.url, 'create database plain')
    await createPlainTables(plain, this.users)
    await migrateDatabase(server.url)
    await query(server.url, `create table ${SINGLE_INSERTS} (like ballots including all)`)
    await query(
      server.url,
      `insert into users (id, email, created_at, last_seq)
       select id, id || '@example.org', clock_timestamp(), 1 from unnest($1::uuid[]) id`,
      [this.users],
    )
    this.#urls = { service: server.url, plain }
  }

  /** The database of the service. */
  get database(): string {
    return this.#open.service
  }

  /** The database of the peer that is written in the ordinary way. */
  get plainDatabase(): string {
    return this.#open.plain
  }

  get warmup(): number {
    return Math.min(WARMUP, this.options.seconds / 2)
  }

  /** A day whose lottery nobody has used yet. */
  nextDate(): CalendarDate {
    this.#days += 1
    return CalendarDate.addDays(this.smallDate, 30 + this.#days)
  }

  /** The service as users run it, and what they may add to its environment. */
  async service(environment: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    this.#signal.throwIfAborted()
    const service = new RunningService({ DATABASE_URL: this.database, ...environment })
    this.#undo.push(() => service.stop())
    return service.ready()
  }

  /** Starts one of `peers/`. */
  peer(name: string, told: object = {}): Promise<Server> {
    return startServer(`peers/${name}.ts`, told, this.#signal)
  }

  /** Runs a generator to its end. */
  run<Result>(script: string, told: object): Promise<Result> {
    return runJob<Result>(script, told, this.#signal)
  }

  /** Keeps raw figures, and tells them. */
  record<Phase extends object>(name: string, phase: Phase): Phase {
    this.phases.push({ phase: name, ...phase, stolen: this.#stolen() })
    say(
      `${name}: ${JSON.stringify(phase, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value))}`,
    )
    return phase
  }

  async close(): Promise<void> {
    for (const step of this.#undo.reverse()) await step().catch((error: unknown) => say(String(error)))
  }

  get #open() {
    if (!this.#urls) throw new Error('the stage is not open')
    return this.#urls
  }
}

/** Where a service listens, without a name that would have to be looked up for each connection. */
export function addressOf({ url }: RunningService): string {
  return url.replace('localhost', '127.0.0.1')
}

/** A line of progress. */
export function say(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
}
