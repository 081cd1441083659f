import type { Instant } from '../domain/instant.ts'

/** The service's own clock. It only guesses: whatever is stored is decided by the database's clock. */
export interface Clock {
  now(): Instant
}
