import type { Socket } from 'node:net'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PoolClient } from 'pg'

/**
 * Internals of pg and drizzle that the service uses. Their documentation promises none of them, so a test fails when an
 * update changes one.
 */

/** The socket below a connection of pg. */
export function socketOf(client: PoolClient): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
}

/** Whether the server has answered every statement that was sent. */
export function isReadyForQuery(client: PoolClient): boolean {
  return (client as unknown as { readonly readyForQuery: boolean }).readyForQuery
}

/**
 * Breaks a connection that has an unanswered statement and has received nothing for `silenceMs` milliseconds. Calls
 * `onSilence` before.
 */
export function breakOnSilence(
  client: PoolClient,
  silenceMs: number,
  onSilence: (silent: Error) => void = () => {},
): void {
  const socket = socketOf(client)
  socket.setTimeout(silenceMs)
  // Each silence is judged. A callback of setTimeout would be called once, and be gone after the first time without work.
  socket.on('timeout', () => {
    const silent = Object.assign(new Error(`the database has sent nothing for ${silenceMs} ms`), { code: 'ETIMEDOUT' })
    if (isReadyForQuery(client)) return
    onSilence(silent)
    socket.destroy(silent)
  })
}

/** Sends the statements of one turn of the event loop in one packet, which wakes the server once. */
export function sendTurnInOnePacket(client: PoolClient): void {
  const socket = socketOf(client)
  const query = client.query.bind(client) as (...statement: unknown[]) => unknown
  const corked = (...statement: unknown[]) => {
    socket.cork()
    process.nextTick(() => socket.uncork())
    return query(...statement)
  }
  client.query = corked as typeof client.query
}

/**
 * Maps the errors of all statements of this database. They are mapped around drizzle and not below it, because drizzle
 * would hide a mapped error in a DrizzleQueryError of its own.
 */
export function mapStatementErrors(db: NodePgDatabase, map: (error: unknown) => unknown): void {
  const { session } = db._
  const prepareQuery = session.prepareQuery.bind(session)
  session.prepareQuery = (...query) => {
    const prepared = prepareQuery(...query)
    const execute = prepared.execute.bind(prepared)
    prepared.execute = (...values) =>
      execute(...values).catch((error: unknown) => {
        throw map(error)
      })
    return prepared
  }
}
