import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { Webhook } from './webhook.ts'

/** Stored state of a webhook. */
export interface SubscriptionState extends Webhook {
  /** `seq` of the last domain event. */
  readonly lastSeq: number
}

/** A webhook that is being changed. Its events name the origin of its URL, never the path or the query, nor the secret. */
export class Subscription {
  #webhook: Webhook
  readonly #events: DomainEvents

  private constructor({ lastSeq, ...webhook }: SubscriptionState) {
    this.#webhook = webhook
    this.#events = new DomainEvents(`webhook/${webhook.id}`, lastSeq)
  }

  static make(wanted: Pick<Webhook, 'id' | 'url' | 'eventTypes'>, at: Instant, cause: Cause): Subscription {
    const made = new Subscription({ ...wanted, createdAt: at, disabledAt: null, lastSeq: 0 })
    made.#events.record('webhook.created.v1', at, cause, made.#facts())
    return made
  }

  static rehydrate(state: SubscriptionState): Subscription {
    return new Subscription(state)
  }

  get state(): SubscriptionState {
    return { ...this.#webhook, lastSeq: this.#events.lastSeq }
  }

  /** Ends the sending until the webhook is enabled. Changes nothing when it is disabled. */
  disable(at: Instant, cause: Cause): void {
    if (this.#webhook.disabledAt !== null) return
    this.#webhook = { ...this.#webhook, disabledAt: at }
    this.#events.record('webhook.disabled.v1', at, cause, this.#facts())
  }

  /** Begins the sending again. Changes nothing when the webhook is not disabled. */
  enable(at: Instant, cause: Cause): void {
    if (this.#webhook.disabledAt === null) return
    this.#webhook = { ...this.#webhook, disabledAt: null }
    this.#events.record('webhook.enabled.v1', at, cause, this.#facts())
  }

  /** Records that the webhook is deleted. */
  end(at: Instant, cause: Cause): void {
    this.#events.record('webhook.deleted.v1', at, cause, this.#facts())
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }

  #facts() {
    const { id, url, eventTypes } = this.#webhook
    return { webhook_id: id, url_origin: new URL(url).origin, event_types: eventTypes && [...eventTypes] }
  }
}
