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
  /** Milliseconds from a turn that left no due event to the next turn. */
  readonly pauseMs: number
  readonly log: Logger
}

/** Publishes recorded events until it is stopped. No request waits for the broker. */
export class Relay {
  readonly #parts: RelayParts
  readonly #loop: BackgroundLoop

  constructor(parts: RelayParts) {
    this.#parts = parts
    const { pauseMs, log } = parts
    this.#loop = new BackgroundLoop({ name: 'event relay', turn: () => this.#turn(), pauseMs, log })
  }

  start(): void {
    this.#loop.start()
  }

  /** Stops after the batch in flight, and releases the lease so that another relay can continue at once. */
  async stop(): Promise<void> {
    const { queue, publisher, log } = this.#parts
    await this.#loop.stop()
    await publisher.close()
    await queue
      .releaseLease()
      .catch((error: unknown) => log.warn({ err: error }, 'could not release the lease of the event relay'))
  }

  async #turn(): Promise<boolean> {
    const { publishEvents, metrics, log } = this.#parts
    const report = await publishEvents.execute()
    metrics.count(report)
    for (const { event, isParked, error } of report.refused) {
      const { id, type, aggregate, seq } = event
      const refusal = { event: { id, type, aggregate, seq }, err: error }
      if (isParked) log.error(refusal, 'event parked: refused too often, and later events of its aggregate wait')
      else log.warn(refusal, 'event refused by the broker and will be retried')
    }
    return report.isMore
  }
}
