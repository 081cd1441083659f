import type { RecordedEvent } from '../../shared/domain/domain-events.ts'

/** Sends events to their consumers, through a broker or the log. */
export interface EventPublisher {
  /**
   * Resolves when every event is acknowledged. Events of one aggregate are sent in their order. Settles within
   * {@link PUBLISH_WITHIN_MS}. After a rejection, any of the events may have been sent.
   * @throws EventRefused when the broker refuses one of the events for good
   * @throws Error of any other kind when the broker does not answer, or cannot take events at the moment
   */
  publish(events: readonly RecordedEvent[]): Promise<void>
  close(): Promise<void>
}

/** Milliseconds within which a batch is published or fails. */
export const PUBLISH_WITHIN_MS = 10_000

/** The broker can be reached, and refuses an event for good, because of its content. */
export class EventRefused extends Error {}
