import { inHalves } from '../../shared/application/in-halves.ts'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { type EventPublisher, EventRefused } from './event-publisher.ts'
import { type DueEvent, MAX_ATTEMPTS, type PublicationQueue } from './publication-queue.ts'

/** Maximum number of events in a batch. */
const BATCH = 500
/** Milliseconds until a refused event is retried: doubled after each refusal, with jitter, up to a limit. */
const RETRY_BASE_MS = 1_000
const RETRY_MAX_MS = 60_000

export interface Refusal {
  readonly event: RecordedEvent
  readonly isParked: boolean
  readonly error: EventRefused
}

export interface PublishReport {
  readonly published: number
  readonly refused: readonly Refusal[]
  /** Whether more events may be due. */
  readonly isMore: boolean
}

const NOTHING: PublishReport = { published: 0, refused: [], isMore: false }

/**
 * Publishes recorded events: at least once, and in order within an aggregate. Any number of relays may try at the
 * same time; the one with the lease publishes. An event is marked after the broker acknowledged it. So after a crash in
 * between, or after a lease that ran out, the event is published again under the same id.
 */
export class PublishEvents {
  readonly #queue: PublicationQueue
  readonly #publisher: EventPublisher
  readonly #random: () => number

  /** `random` is uniform in [0, 1). */
  constructor(queue: PublicationQueue, publisher: EventPublisher, random: () => number) {
    this.#queue = queue
    this.#publisher = publisher
    this.#random = random
  }

  /** Publishes one batch of due events. @throws Error when the broker or the database does not answer */
  async execute(): Promise<PublishReport> {
    const isAnyDue = (await this.#queue.due(1)).length > 0
    if (!isAnyDue || !(await this.#queue.holdLease())) return NOTHING
    return this.#publish(await this.#queue.due(BATCH))
  }

  /** Publishes the batch in one piece. When the broker refuses an event, halves follow until that event is alone. */
  async #publish(events: readonly DueEvent[]): Promise<PublishReport> {
    const refused: Refusal[] = []
    let published = 0
    await inHalves(events, async (part) => {
      const batch = part.filter(({ aggregate }) => !refused.some(({ event }) => event.aggregate === aggregate))
      if (batch.length === 0) return 'done'
      if (!(await this.#queue.holdLease())) return 'stop'
      const error = await this.#refusalOf(batch)
      if (error && batch.length > 1) return 'halve'
      if (error) {
        refused.push(await this.#markRefused(batch[0] as DueEvent, error))
        return 'done'
      }
      await this.#queue.markPublished(batch)
      published += batch.length
      return 'done'
    })
    return { published, refused, isMore: events.length === BATCH }
  }

  async #refusalOf(events: readonly RecordedEvent[]): Promise<EventRefused | undefined> {
    try {
      await this.#publisher.publish(events)
      return undefined
    } catch (error) {
      if (error instanceof EventRefused) return error
      throw error
    }
  }

  async #markRefused(event: DueEvent, error: EventRefused): Promise<Refusal> {
    const longest = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** event.attempts)
    await this.#queue.markRefused(event, longest * (0.5 + this.#random() / 2))
    return { event, isParked: event.attempts + 1 >= MAX_ATTEMPTS, error }
  }
}
