import pg from 'pg'
import { ConnectionLost, DatabaseUnavailable, OutcomeUnknown } from '../application/unavailable.ts'
import { ServiceError } from '../domain/service-error.ts'

/** SQLSTATE classes and codes (PostgreSQL appendix A) that say "not now" and nothing about the request. */
const NOT_NOW = /^(08|53|57P|58|25P03|25P04|55P03|57014)/
/** Errors of the operating system's sockets, and the few of pg itself that have no code but a fixed text. */
const SOCKET = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/
const PG_TEXT =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after)/
/**
 * Of these, those after which a connection that had served is gone: ended by the server or an administrator, or its
 * socket broke. Servers that cannot be reached, limits of time and pools without a free connection are not among them.
 */
const ENDED = /^(08|57P01|57P02|57P04|57P05|25P03|25P04)/
const BROKEN_SOCKET = /^(ECONNRESET|EPIPE|ETIMEDOUT)$/
const PG_BROKEN_TEXT =
  /^(Connection terminated(?! due to connection timeout)|Client has encountered a connection error|Client was closed)/

/** The server's own error beneath whatever drizzle wrapped around it. */
function databaseError(error: unknown): pg.DatabaseError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof pg.DatabaseError) return at
  return undefined
}

/** Serialization failure and deadlock: the server rolled back, and the same work may succeed on another try. */
export function isTransient(error: unknown): boolean {
  const code = databaseError(error)?.code
  return code === '40001' || code === '40P01'
}

/** The error as callers of a repository or a unit of work should see it: lost and overloaded servers get their name. */
export function named(error: unknown): unknown {
  if (error instanceof ServiceError) return error
  if (matches(error, ENDED, BROKEN_SOCKET, PG_BROKEN_TEXT)) return new ConnectionLost({ cause: error })
  return matches(error, NOT_NOW, SOCKET, PG_TEXT) ? new DatabaseUnavailable({ cause: error }) : error
}

/** What a failed COMMIT means: an ERROR was answered by a living server, so nothing is stored; anything else is unknown. */
export function commitFailure(error: unknown): unknown {
  const answered = databaseError(error)
  return answered?.severity === 'ERROR' ? named(error) : new OutcomeUnknown({ cause: error })
}

/** Whether the server's error, or else one beneath it of a socket or of pg, is one of these. */
function matches(error: unknown, sqlState: RegExp, socket: RegExp, text: RegExp): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof pg.DatabaseError) return sqlState.test(at.code ?? '')
    if (socket.test((at as NodeJS.ErrnoException).code ?? '') || text.test(at.message)) return true
    if (at instanceof AggregateError) return at.errors.some((each) => matches(each, sqlState, socket, text))
  }
  return false
}
