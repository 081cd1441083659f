import type { Socket } from 'node:net'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PoolClient } from 'pg'

/**
 * Everything that the service takes from the insides of pg and drizzle. None of it is promised by their documentation: a
 * test fails when an update changes it.
 */

/** The socket below a connection of pg. */
export function socketOf(client: PoolClient): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream
}

/** Whether every statement that was sent has its answer. */
export function isReadyForQuery(client: PoolClient): boolean {
  return (client as unknown as { readonly readyForQuery: boolean }).readyForQuery
}

/** Breaks a connection whose server owes an answer and has sent nothing for so many milliseconds. */
export function breakOnSilence(client: PoolClient, silenceMs: number): void {
  const socket = socketOf(client)
  socket.setTimeout(silenceMs, () => {
    const silent = Object.assign(new Error('the database does not answer'), { code: 'ETIMEDOUT' })
    if (!isReadyForQuery(client)) socket.destroy(silent)
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
