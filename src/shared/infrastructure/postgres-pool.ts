import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { named } from './postgres-errors.ts'

/** What repositories and queries run their statements on: a pool, or the one client of a transaction. */
export type Database = NodePgDatabase

/**
 * Every limit between the service and PostgreSQL. They are enforced by the server, which then rolls back and says so;
 * pg's own `query_timeout` would abandon a statement that goes on to commit, so it is never set.
 */
const LIMITS = {
  /** Wait for a free or new connection; past it the request is answered 503. */
  connectionTimeoutMillis: 3_000,
  /** One statement: the longest regular one takes milliseconds. */
  statement_timeout: 5_000,
  /** Wait for a row, most often for the lottery's lock. Shorter than a statement, so that the error names the cause. */
  lock_timeout: 3_000,
  /** A transaction whose service has stopped talking holds a lottery's lock no longer than this. */
  idle_in_transaction_session_timeout: 10_000,
  /** Close connections that nobody has used for this long. */
  idleTimeoutMillis: 30_000,
} as const

export interface PoolSettings {
  readonly url: string
  /** Connections at most. Submits queue on one row lock, so more of them add waiting, not throughput. */
  readonly max: number
  /** Called when an idle or working connection breaks. The pool replaces it by itself. */
  readonly onBroken?: (error: Error) => void
  readonly Client?: typeof pg.Client
}

export function createPool({ url, max, onBroken = () => {}, Client }: PoolSettings): pg.Pool {
  const pool = new pg.Pool({
    ...LIMITS,
    connectionString: url,
    max,
    ...(Client && { Client }),
    application_name: 'lottery-service',
    options: '-c timezone=UTC -c datestyle=ISO -c default_transaction_isolation=read\\ committed',
    keepAlive: true,
  })
  // Without a listener of its own, a client that is checked out ends the process when its backend dies.
  pool.on('connect', (client) => client.on('error', onBroken))
  pool.on('error', () => {})
  return pool
}

/** Statements outside of any unit of work, each on whatever connection is free. */
export function pooledDatabase(pool: pg.Pool): Database {
  const query = async (...args: [pg.QueryConfig, unknown[]]): Promise<unknown> => {
    try {
      return await pool.query(...args)
    } catch (error) {
      throw named(error)
    }
  }
  return drizzle({ client: { query } as unknown as pg.Pool })
}
