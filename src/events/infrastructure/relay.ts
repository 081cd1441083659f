import type { Logger } from 'pino'
import { BackgroundLoop } from '../../shared/infrastructure/background-loop.ts'
import type { EventPublisher } from '../application/event-publisher.ts'
import type { PublicationQueue } from '../application/publication-queue.ts'
import type { PublishEvents } from '../application/publish-events.ts'
import type { RelayMetrics } from './relay-metrics.ts'

export interface RelayParts {
  readonly publishEvents: PublishEvents
  readonly queue: PublicationQueue
  readonly publisher: EventPublisher
  readonly metrics: RelayMetrics
  /** Milliseconds between two looks for events. */
  readonly pauseMs: number
  readonly log: Logger
}

/** Publishes events for as long as the process lives. Nobody else waits for it. */
export class Relay {
  readonly #parts: RelayParts
  readonly #loop: BackgroundLoop

  constructor(parts: RelayParts) {
    this.#parts = parts
    const { pauseMs, log } = parts
    this.#loop = new BackgroundLoop({ name: 'publishing of events', turn: () => this.#turn(), pauseMs, log })
  }

  start(): void {
    this.#loop.start()
  }

  /** Ends after the list in flight, and lets another relay go on at once. */
  async stop(): Promise<void> {
    const { queue, publisher, log } = this.#parts
    await this.#loop.stop()
    await publisher.close()
    await queue.releaseLease().catch((error: unknown) => log.warn({ err: error }, 'the relay keeps its lease'))
  }

  async #turn(): Promise<boolean> {
    const { publishEvents, metrics, log } = this.#parts
    const report = await publishEvents.execute()
    metrics.count(report)
    for (const { event, isParked, error } of report.refused) {
      const { id, type, aggregate, seq } = event
      const refused = { event: { id, type, aggregate, seq }, err: error }
      if (isParked) log.error(refused, 'event parked: the broker refuses it, and its aggregate waits')
      else log.warn(refused, 'event refused by the broker; it is tried again')
    }
    return report.isMore
  }
}
