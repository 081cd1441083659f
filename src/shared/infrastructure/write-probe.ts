import { sql } from 'drizzle-orm'
import type { Pool } from 'pg'
import { ConnectionLost } from '../application/unavailable.ts'
import type { Database } from './postgres-pool.ts'
import { PostgresUnitOfWork } from './postgres-unit-of-work.ts'

/** Milliseconds for which an outcome is shared, so that frequent probes cost no more. */
const SHARED_MS = 1_000

/** Tells whether the database can store anything at the moment. */
export class WriteProbe {
  readonly #unitOfWork: PostgresUnitOfWork<Database>
  #outcome: Promise<void> | undefined
  #isRunning = false
  #endedAt = 0

  constructor(pool: Pool) {
    this.#unitOfWork = new PostgresUnitOfWork(pool, (db) => db)
  }

  /** Writes, unless another call does at this moment, or did within a second. @throws DatabaseUnavailable */
  tryWrite(): Promise<void> {
    const isFresh = this.#isRunning || performance.now() - this.#endedAt < SHARED_MS
    if (this.#outcome === undefined || !isFresh) this.#outcome = this.#write()
    return this.#outcome
  }

  async #write(): Promise<void> {
    this.#isRunning = true
    try {
      await this.#unitOfWork.run(writeOutsideOfTables)
    } finally {
      this.#isRunning = false
      this.#endedAt = performance.now()
    }
  }
}

/**
 * Sorts with a temporary file of some 100 kB, since a full disk refuses files and pages long before it refuses a commit, and
 * writes a message to the write-ahead log, whose commit is as durable as a ballot's.
 */
async function writeOutsideOfTables(db: Database): Promise<void> {
  const { rows } = await db.execute(
    sql`select set_config('work_mem', '64kB', true), current_setting('transaction_read_only') as read_only`,
  )
  if (rows[0]?.['read_only'] === 'on') throw new ConnectionLost()
  await db.execute(sql`select count(distinct md5(n::text)) from generate_series(1, 2000) n`)
  await db.execute(sql`select pg_logical_emit_message(true, 'lottery-service', 'readiness')`)
}
