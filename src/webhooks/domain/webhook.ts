import type { Instant } from '../../shared/domain/instant.ts'

/** Subscriptions that the service keeps at most, so that the work for each event stays bounded. */
export const MAX_WEBHOOKS = 100

/** A subscription: the service sends events to its URL. Its secret is kept apart. */
export interface Webhook {
  readonly id: string
  /** Where events are sent. Its query can hold a secret of the receiver, and is shown nowhere. */
  readonly url: string
  /** Types of the events that are sent; null for all. */
  readonly eventTypes: readonly string[] | null
  readonly createdAt: Instant
  /** Time when the receiver answered 410; null while events are sent. */
  readonly disabledAt: Instant | null
}
