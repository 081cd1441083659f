import type { InferSelectModel } from 'drizzle-orm'
import type { Delivery } from '../domain/delivery.ts'
import type { SubscriptionState } from '../domain/subscription.ts'
import type { Webhook } from '../domain/webhook.ts'
import type { webhookDeliveries, webhooks } from './schema.ts'

type WebhookRow = InferSelectModel<typeof webhooks>

export function webhookOf({ id, url, eventTypes, createdAt, disabledAt }: WebhookRow): Webhook {
  return { id, url, eventTypes, createdAt: createdAt.getTime(), disabledAt: disabledAt?.getTime() ?? null }
}

export function subscriptionOf(row: WebhookRow): SubscriptionState {
  return { ...webhookOf(row), lastSeq: row.lastSeq }
}

export function deliveryOf({ webhookId: _webhookId, ...row }: InferSelectModel<typeof webhookDeliveries>): Delivery {
  return { ...row, retryAt: row.retryAt?.getTime() ?? null, deliveredAt: row.deliveredAt?.getTime() ?? null }
}
