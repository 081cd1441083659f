import pg from 'pg'
import { ConnectionLost, DatabaseUnavailable, OutcomeUnknown } from '../application/unavailable.ts'
import { ServiceError } from '../domain/service-error.ts'

/** SQLSTATE classes and codes (PostgreSQL appendix A) of errors that pass with time and do not concern the request. */
const NOT_NOW = /^(08|25006|53|57P|58|25P03|25P04|55P03|57014)/
/** Codes of the operating system's socket errors, and texts of the few errors of pg itself, which have no code. */
const SOCKET = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/
const PG_TEXT =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after)/
/**
 * The subset of these errors after which a connection is of no more use: the server or an administrator ended it, its
 * socket broke, or it leads to a server that takes no writes (25006), such as a standby. An unreachable server, a time
 * limit and a pool without a free connection are not in the subset.
 */
const ENDED = /^(08|25006|57P01|57P02|57P04|57P05|25P03|25P04)/
const BROKEN_SOCKET = /^(ECONNRESET|EPIPE|ETIMEDOUT)$/
const PG_BROKEN_TEXT =
  /^(Connection terminated(?! due to connection timeout)|Client has encountered a connection error|Client was closed)/

/** The server's own error, unwrapped from those of drizzle; undefined for an error of another origin. */
function databaseError(error: unknown): pg.DatabaseError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof pg.DatabaseError) return at
  return undefined
}

/** Whether the error is a serialization failure or a deadlock: the server rolled back, and a retry may succeed. */
export function isTransient(error: unknown): boolean {
  const code = databaseError(error)?.code
  return code === '40001' || code === '40P01'
}

/** The error for the callers of a repository or a unit of work: ConnectionLost, DatabaseUnavailable, or the same error. */
export function named(error: unknown): unknown {
  if (error instanceof ServiceError) return error
  if (matches(error, ENDED, BROKEN_SOCKET, PG_BROKEN_TEXT)) return new ConnectionLost({ cause: error })
  return matches(error, NOT_NOW, SOCKET, PG_TEXT) ? new DatabaseUnavailable({ cause: error }) : error
}

/** The error of a failed COMMIT. After an ERROR of the server, nothing is stored. Otherwise, the outcome is unknown. */
export function commitFailure(error: unknown): unknown {
  const answered = databaseError(error)
  return answered?.severity === 'ERROR' ? named(error) : new OutcomeUnknown({ cause: error })
}

/**
 * Whether the error matches. An error of the server is matched by its SQLSTATE alone. Any other error is matched by its
 * socket code and its text, and then by those of its causes.
 */
function matches(error: unknown, sqlState: RegExp, socket: RegExp, text: RegExp): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof pg.DatabaseError) return sqlState.test(at.code ?? '')
    if (socket.test((at as NodeJS.ErrnoException).code ?? '') || text.test(at.message)) return true
    if (at instanceof AggregateError) return at.errors.some((inner) => matches(inner, sqlState, socket, text))
  }
  return false
}
