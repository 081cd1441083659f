import pg from 'pg'
import { pino } from 'pino'
import { vi } from 'vitest'
import type { LotteryQueries } from '../../src/lottery/application/lottery-queries.ts'
import type { SubmitBallotCommand, SubmitOutcome } from '../../src/lottery/application/submit-command.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { DrizzleLotteryQueries } from '../../src/lottery/infrastructure/drizzle-lottery-queries.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { createPool, pooledDatabase } from '../../src/shared/infrastructure/postgres-pool.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { composed } from './ledger.ts'
import { installTestClock, query, type TestClock, useTestClock } from './test-clock.ts'
import { createTestDatabase } from './test-database.ts'

export interface Replica extends ReturnType<typeof composed> {
  readonly pool: pg.Pool
  readonly lotteryQueries: LotteryQueries
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly date?: string
}

/** Any number of replicas of the service, on one test database whose clock can be moved. */
export class PostgresService {
  readonly url: string
  readonly clock: TestClock
  readonly log: LogLine[] = []
  readonly #drop: () => Promise<void>
  readonly #replicas: Replica[] = []

  private constructor(url: string, clock: TestClock, drop: () => Promise<void>) {
    this.url = url
    this.clock = clock
    this.#drop = drop
  }

  static async open(at: string, create = createTestDatabase): Promise<PostgresService> {
    const database = await create()
    const clock = await installTestClock(database.url)
    await clock.moveTo(at)
    return new PostgresService(database.url, clock, () => database.drop())
  }

  /** Opens a copy of the database of another service, which has no connection open. The clock is the same. */
  static async copyOf({ url }: PostgresService): Promise<PostgresService> {
    const database = await createTestDatabase(new URL(url).pathname.slice(1))
    return new PostgresService(database.url, await useTestClock(database.url), () => database.drop())
  }

  /** Starts a replica: with as many connections as given, all open; else with up to ten, opened when they are needed. */
  async replica(connections?: number, url = this.url): Promise<Replica> {
    const pool = createPool({ url, max: connections ?? 10 })
    const clients = await Promise.all(Array.from({ length: connections ?? 0 }, () => pool.connect()))
    for (const client of clients) client.release()
    const log = pino({ base: null }, { write: (line: string) => void this.log.push(JSON.parse(line) as LogLine) })
    const parts = composed(pool, log)
    const replica = { ...parts, pool, lotteryQueries: new DrizzleLotteryQueries(pooledDatabase(pool)) }
    this.#replicas.push(replica)
    return replica
  }

  async users(count: number): Promise<UserId[]> {
    const ids = Array.from({ length: count }, () => mintUuid() as UserId)
    await this.query(
      `insert into users (id, email, created_at, last_seq)
       select id, id || '@example.org', clock_timestamp(), 1 from unnest($1::uuid[]) id`,
      [ids],
    )
    return ids
  }

  query<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]> {
    return query<Row>(this.url, sql, values)
  }

  async ordinals(date: CalendarDate): Promise<number[]> {
    const sql = 'select ordinal::int from ballots where lottery_date = $1 order by ordinal'
    return (await this.query<{ ordinal: number }>(sql, [date])).map(({ ordinal }) => ordinal)
  }

  /** Types of the stored events of a lottery, in order. */
  async events(date: CalendarDate): Promise<string[]> {
    const sql = 'select type from outbox where aggregate = $1 order by seq'
    return (await this.query<{ type: string }>(sql, [`lottery/${date}`])).map(({ type }) => type)
  }

  /** Runs statements in a transaction that stays open, and returns a function that ends it. */
  async hold(sql: string, values?: unknown[]): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.url })
    client.on('error', () => {})
    await client.connect()
    await client.query('begin')
    await client.query(sql, values)
    return () => client.end()
  }

  holdLottery(date: CalendarDate): Promise<() => Promise<void>> {
    return this.hold('select from lotteries where date = $1 for update', [date])
  }

  /** Resolves when exactly `count` connections wait for a lock. */
  async waitingForLocks(count: number): Promise<void> {
    const sql = `select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await vi.waitFor(
      async () => {
        const [waiting] = await this.query<{ count: number }>(sql)
        if (waiting?.count !== count) throw new Error(`${waiting?.count} of ${count} connections wait for a lock`)
      },
      { timeout: 2_500, interval: 20 },
    )
  }

  /** Ends the connections that wait for a lock. Resolves when they are gone, so that a later count has none of them. */
  async endWaitingForLocks(): Promise<void> {
    await this.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.#replicas.map(({ lottery }) => lottery.closingSchedule.stop()))
    await Promise.all(this.#replicas.map(({ pool }) => pool.end()))
    await this.#drop()
  }
}

/** Starts `count` workers, releases them together from one gate, and returns their results. */
export async function race<T>(count: number, worker: (n: number) => Promise<T>): Promise<T[]> {
  const gate = Promise.withResolvers<void>()
  const workers = Array.from({ length: count }, async (_, n) => {
    await gate.promise
    return worker(n)
  })
  gate.resolve()
  return Promise.all(workers)
}

export async function submit({ lottery }: Replica, command: SubmitBallotCommand): Promise<SubmitOutcome> {
  const [outcome] = await lottery.submitBallots.execute([command])
  if (!outcome) throw new Error('a submit has no outcome')
  return outcome
}

/** Returns the numbers 1..n. */
export function countTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1)
}

/** Counts how often every value occurs. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
