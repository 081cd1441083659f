import { DrizzleQueryError } from 'drizzle-orm'

/** What happened and why, in one line. Statements are left out: their values can be personal data. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof DrizzleQueryError) return reasonOf(error.cause)
  return error.cause instanceof Error ? `${error.message} (${reasonOf(error.cause)})` : error.message
}
