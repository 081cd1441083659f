import type { Delivery } from '../domain/delivery.ts'
import type { Webhook } from '../domain/webhook.ts'

export interface NewWebhook extends Pick<Webhook, 'id' | 'url' | 'eventTypes'> {
  readonly secret: string
  /** Place in the audit log of the first event that it gets. */
  readonly from: number
}

/** The stored webhooks and their deliveries, as operators see them. No method returns a secret. */
export interface Subscriptions {
  /** Stores a webhook with its secret. */
  add(webhook: NewWebhook): Promise<Webhook>
  find(id: string): Promise<Webhook | undefined>
  /** All webhooks, oldest first. */
  list(): Promise<readonly Webhook[]>
  /** Deletes a webhook with its secret and its deliveries. Returns false when there is none. */
  remove(id: string): Promise<boolean>
  /** Deliveries of a webhook, newest event first, from before a place in the audit log. */
  deliveries(id: string, page: { readonly limit: number; readonly before?: number }): Promise<readonly Delivery[]>
  /** Makes a delivery pending and due, with all its attempts before it, whatever its state. Undefined: there is none. */
  redeliver(id: string, eventId: string): Promise<Delivery | undefined>
}
