import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** Hands events to whoever wants to know of them. */
export interface EventPublisher {
  /**
   * Resolves when every event is acknowledged; those of one aggregate are handed over in their order. Settles within
   * {@link PUBLISH_WITHIN_MS}. After a rejection any of them may have been handed over.
   * @throws EventRefused when the broker answers that it will not have one of them, now or later
   * @throws Error of any other kind when nothing is to be had from the broker at the moment
   */
  publish(events: readonly RecordedEvent[]): Promise<void>
  close(): Promise<void>
}

/** Milliseconds. */
export const PUBLISH_WITHIN_MS = 10_000

/** The broker is there, and refuses an event for what it is. */
export class EventRefused extends Error {}
