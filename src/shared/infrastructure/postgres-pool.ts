import { setTimeout as sleep } from 'node:timers/promises'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { breakOnSilence, mapStatementErrors, sendTurnInOnePacket, socketOf } from './patched-internals.ts'
import { named } from './postgres-errors.ts'

/** Runs the statements of repositories and queries, on a pool or on the one client of a transaction. */
export type Database = NodePgDatabase

/**
 * All limits between the service and PostgreSQL. The server enforces those of statements and transactions, and rolls back.
 * pg's own `query_timeout` is never set: it abandons a statement that the server may go on to commit.
 */
const LIMITS = {
  /** Wait for a free or new connection. Afterwards the request is answered 503. */
  connectionTimeoutMillis: 3_000,
  /** Time of one statement. The longest regular one takes milliseconds. */
  statement_timeout: 5_000,
  /** Wait for a row, most often the lottery's lock. Shorter than a statement's time, so that the error names the cause. */
  lock_timeout: 3_000,
  /** Time that a transaction without a next statement can hold a lottery's lock. */
  idle_in_transaction_session_timeout: 10_000,
  /** Time after which an unused connection is closed. */
  idleTimeoutMillis: 30_000,
} as const

/** Milliseconds of silence after which a connection with an unanswered statement is broken; no statement may take longer. */
const SILENCE_MS = 6_000
/** Milliseconds that the end of the pool waits for connections to close. A frozen server never closes them. */
const CLOSED_WITHIN_MS = 2_000

export interface PoolSettings {
  readonly url: string
  /** Maximum number of connections. Submits wait for one row lock, so more connections add waiting, not throughput. */
  readonly max: number
  /** Called when an idle or working connection breaks. The pool replaces the connection. */
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
    // Statements that do not wait for each other's answers are sent together, and the server runs them in their order.
    pipeline: true,
  })
  const breakIdle = idleBreaker(pool)
  pool.on('connect', (client) => {
    // A checked-out client without this listener ends the process when its backend dies.
    client.on('error', onBroken)
    // A frozen server, or a network that drops everything, never answers. Without this, its connection would hang for ever.
    breakOnSilence(client, SILENCE_MS, breakIdle)
    sendTurnInOnePacket(client)
  })
  pool.on('error', () => {})
  endAfterConnections(pool)
  return pool
}

/**
 * Returns a function that breaks the idle connections. When one connection is silent, they are too, and a second try on one
 * of them would wait as long again.
 */
function idleBreaker(pool: pg.Pool): (error: Error) => void {
  const idle = new Set<pg.PoolClient>()
  pool.on('acquire', (client) => idle.delete(client))
  pool.on('release', (_error, client) => idle.add(client))
  pool.on('remove', (client) => idle.delete(client))
  return (error) => {
    for (const client of idle) socketOf(client).destroy(error)
  }
}

/**
 * Makes `end` wait until every connection is closed. pg's own `end` resolves while they are still closing, and a server
 * that stops right then breaks them.
 */
function endAfterConnections(pool: pg.Pool): void {
  const open = new Set<Promise<unknown>>()
  pool.on('connect', (client) => {
    const closed: Promise<unknown> = new Promise((resolve) => client.once('end', resolve)).then(() =>
      open.delete(closed),
    )
    open.add(closed)
  })
  const end = pool.end.bind(pool) as () => Promise<void>
  pool.end = (async () => {
    await end()
    await Promise.race([Promise.all(open), sleep(CLOSED_WITHIN_MS, undefined, { ref: false })])
  }) as typeof pool.end
}

/** Runs statements outside of any unit of work, each on a free connection of the pool. {@link named} maps their errors. */
export function pooledDatabase(pool: pg.Pool): Database {
  const db: Database = drizzle({ client: pool })
  mapStatementErrors(db, named)
  return db
}
