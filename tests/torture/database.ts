import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { closeIdle, installTestClock, query, type TestClock } from '../support/test-clock.ts'

const run = promisify(execFile)
/** Small files of the WAL, so that a small disk is enough. */
const SETTINGS = { shared_buffers: '64MB', min_wal_size: '32MB', max_wal_size: '64MB' }
const ANSWERS_WITHIN_MS = 30_000

/** A durable PostgreSQL that is started again whenever it dies, with a database whose clock can be moved. */
export class Database implements AsyncDisposable {
  /** How often a running process of the server was killed. */
  killed = 0
  readonly #folder: string
  readonly #server: EmbeddedPostgres
  readonly #clock: TestClock

  private constructor(folder: string, server: EmbeddedPostgres, clock: TestClock) {
    this.#folder = folder
    this.#server = server
    this.#clock = clock
  }

  static async open(folder: string): Promise<Database> {
    const ignore = () => {}
    const keep = { onLost: ignore, onBack: ignore, onFailure: ignore }
    const server = await startEmbeddedPostgres(folder, { settings: SETTINGS, keep })
    await migrateDatabase(server.url)
    return new Database(folder, server, await installTestClock(server.url))
  }

  get url(): string {
    return this.#server.url
  }

  /** Sets the clock of the database, which keeps running. */
  moveClock(to: number): Promise<void> {
    return untilAnswered(() => this.#clock.moveTo(to))
  }

  /** Runs a statement that may run twice. While the server is away, tries again. */
  rows<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]> {
    return untilAnswered(() => query<Row>(this.url, sql, values))
  }

  /** Process ids of the server, that of its main process first; empty while it does not run. */
  async processes(): Promise<number[]> {
    const file = await readFile(join(this.#folder, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
    const main = Number.parseInt(file, 10)
    if (!(main > 0)) return []
    const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(main)]).catch(() => ({ stdout: '' }))
    return [main, ...stdout.split('\n').map(Number)].filter((pid) => pid > 0)
  }

  /** Process ids of the connections of the service; empty while the server does not answer. */
  async connections(): Promise<number[]> {
    const sql = "select pid from pg_stat_activity where application_name = 'lottery-service'"
    const rows = await query<{ pid: number }>(this.url, sql).catch(() => [])
    return rows.map(({ pid }) => pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeIdle(this.url)
    await this.#server.stop()
  }
}

async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + ANSWERS_WITHIN_MS; ; await setTimeout(100)) {
    try {
      return await call()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}
