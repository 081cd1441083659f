import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Instant } from '../../shared/domain/instant.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import { named } from '../../shared/infrastructure/postgres-errors.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { ArchiveSession, ArchiveSessions } from '../application/archives.ts'
import { Archive } from '../domain/archive.ts'
import type { Month } from '../domain/month.ts'
import { DrizzleArchiveQueries } from './drizzle-archive-queries.ts'
import { PostgresMonthPartitions } from './postgres-month-partitions.ts'
import { PostgresMonthTables } from './postgres-month-tables.ts'
import { rowOfArchive } from './rows.ts'
import { archives } from './schema.ts'

const CONNECT_TIMEOUT_MS = 3_000
const LOCK = "hashtext('lottery archive')"

/**
 * Each session is a connection of its own, as the role that owns the tables. It holds an advisory lock, so that one archiver
 * works at a time. All states are stored on this connection: an archiver that lost its lock can store none.
 */
export class PostgresArchiveSessions implements ArchiveSessions {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async run<T>(work: (session: ArchiveSession) => Promise<T>): Promise<T | undefined> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'lottery-service archive',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      options: '-c timezone=UTC -c datestyle=ISO',
      keepAlive: true,
    })
    client.on('error', () => {}) // the next statement fails, with a reason
    try {
      await client.connect()
      const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${LOCK}) as locked`)
      if (!rows[0]?.locked) return undefined
      return await work(new PostgresArchiveSession(client))
    } catch (error) {
      throw named(error)
    } finally {
      await client.end().catch(() => {})
    }
  }
}

class PostgresArchiveSession implements ArchiveSession {
  readonly #client: pg.Client
  readonly #db: Database
  readonly #queries: DrizzleArchiveQueries
  readonly partitions: PostgresMonthPartitions
  readonly tables: PostgresMonthTables

  constructor(client: pg.Client) {
    this.#client = client
    this.#db = drizzle({ client })
    this.#queries = new DrizzleArchiveQueries(this.#db)
    this.partitions = new PostgresMonthPartitions(client)
    this.tables = new PostgresMonthTables(client)
  }

  async find(month: Month): Promise<Archive | undefined> {
    const state = await this.#queries.find(month)
    return state && Archive.rehydrate(state)
  }

  async list(): Promise<readonly Archive[]> {
    return (await this.#queries.list()).map((state) => Archive.rehydrate(state))
  }

  async save(archive: Archive): Promise<void> {
    const row = rowOfArchive(archive.state)
    try {
      await this.#client.query('begin')
      await this.#db.insert(archives).values(row).onConflictDoUpdate({ target: archives.month, set: row })
      await addToOutbox(this.#db, archive.takeEvents())
      await this.#client.query('commit')
    } catch (error) {
      await this.#client.query('rollback').catch(() => {}) // the next month can still be archived
      throw named(error)
    }
  }

  async now(): Promise<Instant> {
    return readClock(this.#db)
  }
}
