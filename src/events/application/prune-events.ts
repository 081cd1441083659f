import type { OldEvents } from './old-events.ts'

/** Events of one transaction. */
const BATCH = 1_000
const BEFORE_FIRST = -1

/**
 * Deletes old events, of which the audit log holds a copy that is never deleted. It can be stopped at any moment, and any
 * number of replicas may do it at the same time.
 */
export class PruneEvents {
  readonly #events: OldEvents
  readonly #days: number
  #after = BEFORE_FIRST

  /** `days`: age from which events are deleted. */
  constructor(events: OldEvents, days: number) {
    this.#events = events
    this.#days = days
  }

  /** Prunes one batch, oldest first. After the last one of a round over all old events, the next call begins a new round. */
  async execute(): Promise<{ readonly pruned: number; readonly isMore: boolean }> {
    const { events, next } = await this.#events.prune({ after: this.#after, limit: BATCH, days: this.#days })
    this.#after = next ?? BEFORE_FIRST
    return { pruned: events, isMore: next !== undefined }
  }
}
