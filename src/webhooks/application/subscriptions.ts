import type { Delivery } from '../domain/delivery.ts'
import type { Webhook } from '../domain/webhook.ts'

/** The stored webhooks and their deliveries, as operators see them. No method returns a secret. */
export interface Subscriptions {
  find(id: string): Promise<Webhook | undefined>
  /** All webhooks, oldest first. */
  list(): Promise<readonly Webhook[]>
  /** Deliveries of a webhook, newest event first, from before a place in the audit log. */
  deliveries(id: string, page: { readonly limit: number; readonly before?: number }): Promise<readonly Delivery[]>
  /** Makes a delivery of any state pending and due, with all its attempts before it. Undefined: there is none. */
  redeliver(id: string, eventId: string): Promise<Delivery | undefined>
}
