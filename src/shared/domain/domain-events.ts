import type { Cause } from './cause.ts'
import type { Instant } from './instant.ts'

/** Something that happened to one aggregate. `seq` counts 1, 2, 3, ... within the aggregate, without gaps. */
export interface DomainEvent {
  readonly aggregate: string
  readonly seq: number
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly occurredAt: Instant
  readonly cause: Cause
}

/** An event as it was stored, under the id that it has everywhere from then on. */
export interface RecordedEvent extends DomainEvent {
  readonly id: string
}

/** An aggregate's record of its own events, from `lastSeq` (the last one stored) onwards. */
export class DomainEvents {
  readonly #aggregate: string
  #lastSeq: number
  #recorded: DomainEvent[] = []

  constructor(aggregate: string, lastSeq: number) {
    this.#aggregate = aggregate
    this.#lastSeq = lastSeq
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  record(type: string, occurredAt: Instant, cause: Cause, data: Readonly<Record<string, unknown>>): void {
    this.#lastSeq += 1
    this.#recorded.push({ aggregate: this.#aggregate, seq: this.#lastSeq, type, data, occurredAt, cause })
  }

  /** Hands over what was recorded since the last take; the repository that saves the aggregate calls it once. */
  take(): readonly DomainEvent[] {
    const taken = this.#recorded
    this.#recorded = []
    return taken
  }
}
