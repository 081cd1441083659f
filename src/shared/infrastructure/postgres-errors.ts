import pg from 'pg'
import { DatabaseUnavailable, OutcomeUnknown } from '../application/unit-of-work.ts'
import { DomainError } from '../domain/domain-error.ts'

/** SQLSTATE classes and codes (PostgreSQL appendix A) that say "not now" and nothing about the request. */
const NOT_NOW = /^(08|53|57P|58|25P03|25P04|55P03|57014)/
/** Errors of the operating system's sockets, and the few of pg itself that have no code but a fixed text. */
const SOCKET = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)$/
const PG_TEXT =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after)/

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
  if (error instanceof DomainError) return error
  return isUnavailable(error) ? new DatabaseUnavailable({ cause: error }) : error
}

/** What a failed COMMIT means: an ERROR was answered by a living server, so nothing is stored; anything else is unknown. */
export function commitFailure(error: unknown): unknown {
  const answered = databaseError(error)
  return answered?.severity === 'ERROR' ? named(error) : new OutcomeUnknown({ cause: error })
}

function isUnavailable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof pg.DatabaseError) return NOT_NOW.test(at.code ?? '')
    if (SOCKET.test((at as NodeJS.ErrnoException).code ?? '') || PG_TEXT.test(at.message)) return true
    if (at instanceof AggregateError) return at.errors.some(isUnavailable)
  }
  return false
}
