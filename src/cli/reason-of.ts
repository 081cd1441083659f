import { DrizzleQueryError } from 'drizzle-orm'

/** What happened and why, in one line. Statements are left out: their values can be personal data. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof DrizzleQueryError) return reasonOf(error.cause)
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]) // a name of several addresses
  return error.cause instanceof Error ? `${error.message} (${reasonOf(error.cause)})` : error.message
}
