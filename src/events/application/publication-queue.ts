import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** Refusals after which an event is parked: it waits for an operator, and so do the later events of its aggregate. */
export const MAX_ATTEMPTS = 10

export interface DueEvent extends RecordedEvent {
  /** Number of refusals so far. */
  readonly attempts: number
}

export interface Lag {
  readonly unpublished: number
  /** Age of the oldest unpublished event in seconds; 0 when all are published. */
  readonly oldestSeconds: number
  readonly parked: number
}

/** Queue of recorded events to be published. Each method runs one statement, and none waits for the broker. */
export interface PublicationQueue {
  /**
   * Takes or renews the lease of this relay. Returns false while another relay holds the lease. A relay that dies or hangs
   * loses its lease after {@link LEASE_MS}.
   */
  holdLease(): Promise<boolean>
  /** Gives up the lease, if this relay holds it. */
  releaseLease(): Promise<void>
  /**
   * At most `limit` events that can be published now. Events of an aggregate come in their order, and none follows an event
   * that waits for its retry or is parked.
   */
  due(limit: number): Promise<readonly DueEvent[]>
  markPublished(events: readonly RecordedEvent[]): Promise<void>
  /** Counts a refusal. The event is due again after `retryAfterMs`, by the database's clock, unless it is parked. */
  markRefused(event: RecordedEvent, retryAfterMs: number): Promise<void>
  lag(): Promise<Lag>
}

/** Milliseconds that a lease lasts; longer than a publisher may take for a batch. */
export const LEASE_MS = 15_000
