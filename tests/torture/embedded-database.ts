import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { migrateDatabase } from '../../src/shared/infrastructure/migrations.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { closeIdle, installTestClock, query, type TestClock } from '../support/test-clock.ts'
import { untilSucceeds } from '../support/until-succeeds.ts'
import type { Database } from './database.ts'

const run = promisify(execFile)
/** Small files of the WAL, so that a small disk is enough. */
const SETTINGS = { shared_buffers: '64MB', min_wal_size: '32MB', max_wal_size: '64MB' }

/** A PostgreSQL that is started again whenever it dies. */
export class EmbeddedDatabase implements Database {
  readonly name = 'an embedded PostgreSQL'
  killed = 0
  /** The disk of the server, if it can be filled here. */
  readonly disk: SmallDisk | undefined
  readonly #folder: string
  readonly #server: EmbeddedPostgres
  readonly #clock: TestClock

  private constructor(folder: string, disk: SmallDisk | undefined, server: EmbeddedPostgres, clock: TestClock) {
    this.#folder = folder
    this.disk = disk
    this.#server = server
    this.#clock = clock
  }

  static async open(folder: string): Promise<EmbeddedDatabase> {
    await using opened = new AsyncDisposableStack()
    const disk = await SmallDisk.mount(folder)
    if (disk) opened.use(disk)
    const ignore = () => {}
    const keep = { onLost: ignore, onBack: ignore, onFailure: ignore }
    const server = await startEmbeddedPostgres(folder, { settings: SETTINGS, keep })
    await migrateDatabase(server.url)
    const clock = await installTestClock(server.url)
    opened.move() // the disk is the database's now
    return new EmbeddedDatabase(folder, disk, server, clock)
  }

  get url(): string {
    return this.#server.url
  }

  moveClock(to: number): Promise<void> {
    return untilSucceeds(() => this.#clock.moveTo(to))
  }

  rows<Row extends object>(sql: string, values?: unknown[]): Promise<Row[]> {
    return untilSucceeds(() => query<Row>(this.url, sql, values))
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
    await this.disk?.[Symbol.asyncDispose]()
  }
}
