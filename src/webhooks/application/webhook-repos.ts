import type { Instant } from '../../shared/domain/instant.ts'
import type { Subscription } from '../domain/subscription.ts'

/** The webhooks as they are changed. Each change is stored together with its events. */
export interface SubscriptionRepository {
  /** The database's clock. */
  now(): Promise<Instant>
  /** Stores a new webhook with its secret. `from`: place in the audit log of the first event that it gets. */
  add(subscription: Subscription, given: { readonly secret: string; readonly from: number }): Promise<void>
  /** Locks a webhook until the unit of work ends. `at` is the database's clock, read after the lock was got. */
  lock(id: string): Promise<{ readonly subscription: Subscription | undefined; readonly at: Instant }>
  /** Stores a locked webhook's change. */
  save(subscription: Subscription): Promise<void>
  /** Deletes a locked webhook with its secret and its deliveries. */
  remove(subscription: Subscription): Promise<void>
  /** Counts an attempt that was answered 410, and parks its delivery. */
  parkGone(id: string, eventId: string): Promise<void>
  /** Makes the deliveries that were answered 410 pending and due, with all their attempts before them. */
  takeUpGone(id: string): Promise<void>
}

/** The repositories of this context's unit of work. */
export interface WebhookRepos {
  readonly subscriptions: SubscriptionRepository
}
