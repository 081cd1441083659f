import { DrizzleQueryError } from 'drizzle-orm'
import pg from 'pg'
import { type Logger, type LoggerOptions, pino } from 'pino'

/** Logs JSON lines on standard output. On a terminal with pino-pretty installed, the lines are formatted for reading. */
export async function createLogger(level: string): Promise<Logger> {
  const options: LoggerOptions = { level, serializers: { err: describeError } }
  if (!process.stdout.isTTY) return pino(options)
  const pretty = await import('pino-pretty').catch(() => undefined)
  if (!pretty) return pino(options)
  return pino(options, pretty.default({ ignore: 'pid,hostname,reqId', translateTime: 'UTC:HH:MM:ss' }))
}

/**
 * Describes an error for the log. Messages of the database and of drizzle can hold personal data (an e-mail address in
 * "Key (lower(email))=(...) already exists"), so only codes, names and stack frames of those errors are logged.
 */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const stack = error.stack
    ?.split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .join('\n')
  const cause = error.cause instanceof Error ? { cause: describeError(error.cause) } : {}
  if (error instanceof pg.DatabaseError) {
    const { code, severity, constraint, table, routine } = error
    // FATAL concerns the connection, never a statement: a wrong password, an unknown database, a shutdown.
    const message = severity === 'FATAL' ? { message: error.message } : {}
    return { type: 'DatabaseError', code, severity, ...message, constraint, table, routine, stack }
  }
  if (error instanceof DrizzleQueryError) return { type: 'DrizzleQueryError', stack, ...cause }
  return { type: error.name, message: error.message, stack, ...cause }
}
