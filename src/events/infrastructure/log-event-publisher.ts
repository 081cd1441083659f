import type { Logger } from 'pino'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { EventPublisher } from '../application/event-publisher.ts'
import { cloudEventOf, type EventSource } from '../domain/cloud-event.ts'

/** Publishes events as lines of the service's log, for installations without a broker. */
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
