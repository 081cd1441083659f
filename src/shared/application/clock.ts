import type { Instant } from '../domain/instant.ts'

/** The service's own clock, an estimate. The database's clock decides everything that is stored. */
export interface Clock {
  now(): Instant
}
