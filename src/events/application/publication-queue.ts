import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** An event that was refused as often as this is parked: it waits for an operator, and its aggregate's later ones with it. */
export const MAX_ATTEMPTS = 10

export interface DueEvent extends RecordedEvent {
  /** How often it was refused. */
  readonly attempts: number
}

export interface Lag {
  readonly unpublished: number
  /** Age of the oldest that is not published, in seconds; 0 when all are. */
  readonly oldestSeconds: number
  readonly parked: number
}

/** Recorded events on their way to the broker. Each method is one statement of its own: none waits for the broker. */
export interface PublicationQueue {
  /**
   * Gets or renews the lease of this relay; false while another one has it. A relay that dies, or hangs, loses it after
   * {@link LEASE_MS}.
   */
  holdLease(): Promise<boolean>
  releaseLease(): Promise<void>
  /** Events to be published now, those of an aggregate in their order and none after one that waits or is parked. */
  due(limit: number): Promise<readonly DueEvent[]>
  markPublished(events: readonly RecordedEvent[]): Promise<void>
  /** Counts a refusal. The event waits this long, by the database's clock, or is parked. */
  markRefused(event: RecordedEvent, retryAfterMs: number): Promise<void>
  lag(): Promise<Lag>
}

/** Milliseconds; longer than a publisher may take. */
export const LEASE_MS = 15_000
