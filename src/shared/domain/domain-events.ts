import type { Cause } from './cause.ts'
import type { Instant } from './instant.ts'

/** A change of one aggregate. `seq` counts 1, 2, 3, ... within the aggregate, without gaps. */
export interface DomainEvent {
  readonly aggregate: string
  readonly seq: number
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly occurredAt: Instant
  readonly cause: Cause
}

/** A stored event. Its id is the same everywhere, in the audit log and in every delivery. */
export interface RecordedEvent extends DomainEvent {
  readonly id: string
}

/** Events that an aggregate records, numbered from the one after `lastSeq`, its last stored event. */
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

  /** Returns the events recorded since the last call. The repository that saves the aggregate calls it once. */
  take(): readonly DomainEvent[] {
    const taken = this.#recorded
    this.#recorded = []
    return taken
  }
}
