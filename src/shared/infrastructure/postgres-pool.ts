import type { Socket } from 'node:net'
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

/** Silence after which a server that owes an answer is given up: longer than it may take for any statement. */
const SILENCE_MS = 6_000

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
    // Statements that do not wait for each other's answers are sent together; the server runs them in their order.
    pipeline: true,
  })
  pool.on('connect', (client) => {
    // Without a listener of its own, a client that is checked out ends the process when its backend dies.
    client.on('error', onBroken)
    giveUpOnSilence(client)
    sendTogether(client)
  })
  pool.on('error', () => {})
  return pool
}

/**
 * A server that lives answers within its own limits. One that is frozen, or behind a network that drops everything,
 * never does: its connection is broken then, as it would be by a server that dies.
 */
function giveUpOnSilence(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: Socket } }
  const state = client as unknown as { readyForQuery: boolean }
  connection.stream.setTimeout(SILENCE_MS, () => {
    const silent = Object.assign(new Error('the database does not answer'), { code: 'ETIMEDOUT' })
    if (!state.readyForQuery) connection.stream.destroy(silent)
  })
}

/** Statements of one turn of the event loop leave in one packet, which wakes the server once. */
function sendTogether(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const query = client.query.bind(client) as (...statement: unknown[]) => unknown
  const together = (...statement: unknown[]) => {
    stream.cork()
    process.nextTick(() => stream.uncork())
    return query(...statement)
  }
  client.query = together as typeof client.query
}

/**
 * Statements outside of any unit of work, each on whatever connection is free. Their errors are `named` here, around
 * drizzle and not below it: it would hide the name in a DrizzleQueryError of its own.
 */
export function pooledDatabase(pool: pg.Pool): Database {
  const db: Database = drizzle({ client: pool })
  const { session } = db._
  const prepareQuery = session.prepareQuery.bind(session)
  session.prepareQuery = (...query) => {
    const prepared = prepareQuery(...query)
    const execute = prepared.execute.bind(prepared)
    prepared.execute = (...values) =>
      execute(...values).catch((error: unknown) => {
        throw named(error)
      })
    return prepared
  }
  return db
}
