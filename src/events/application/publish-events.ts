import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { type EventPublisher, EventRefused } from './event-publisher.ts'
import { type DueEvent, MAX_ATTEMPTS, type PublicationQueue } from './publication-queue.ts'

/** Events handed to the publisher at once, at most. */
const BATCH = 500
/** Milliseconds until a refused event is tried again: doubled each time, with jitter, up to a limit. */
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
  /** Whether there may be more to publish at once. */
  readonly isMore: boolean
}

const NOTHING: PublishReport = { published: 0, refused: [], isMore: false }

/**
 * Publishes recorded events: at least once, and those of an aggregate in their order. Any number of relays may try at
 * once; the one with the lease does. An event is marked after the broker acknowledged it, so a crash in between, or a lease
 * that ran out, publishes it again, under the same id.
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

  /** Publishes some of the events that are due. @throws Error when the broker or the database is away */
  async execute(): Promise<PublishReport> {
    const isAnyDue = (await this.#queue.due(1)).length > 0
    if (!isAnyDue || !(await this.#queue.holdLease())) return NOTHING
    return this.#publish(await this.#queue.due(BATCH))
  }

  /** The list in one piece; where one of it is refused, in halves of halves until that one is alone. */
  async #publish(events: readonly DueEvent[]): Promise<PublishReport> {
    const refused: Refusal[] = []
    let published = 0
    const parts = [events]
    for (let part = parts.pop(); part; part = parts.pop()) {
      const list = part.filter(({ aggregate }) => !refused.some(({ event }) => event.aggregate === aggregate))
      if (list.length === 0) continue
      if (!(await this.#queue.holdLease())) break
      const error = await this.#refusalOf(list)
      const half = Math.ceil(list.length / 2)
      if (error && list.length > 1) parts.push(list.slice(half), list.slice(0, half))
      else if (error) refused.push(await this.#markRefused(list[0] as DueEvent, error))
      else {
        await this.#queue.markPublished(list)
        published += list.length
      }
    }
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
