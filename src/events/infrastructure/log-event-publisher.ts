import type { Logger } from 'pino'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { EventPublisher } from '../application/event-publisher.ts'
import { cloudEventOf, type EventSource } from '../domain/cloud-event.ts'

/** Events as lines of the service's log: for who has no broker. */
export class LogEventPublisher implements EventPublisher {
  readonly #log: Logger
  readonly #source: EventSource

  constructor(log: Logger, source: EventSource) {
    this.#log = log
    this.#source = source
  }

  async publish(events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events) {
      const { attributes, data } = cloudEventOf(event, this.#source)
      this.#log.info({ event: { ...attributes, data } }, event.type)
    }
  }

  async close(): Promise<void> {}
}
