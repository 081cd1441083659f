import { z } from 'zod'
import type { EventType } from '../../shared/api/event-types.ts'
import { pageOf } from '../../shared/api/page.ts'
import { EXAMPLE_INSTANT, instantSchema, uuidSchema } from '../../shared/api/schemas.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import { DELIVERY_ERRORS, DELIVERY_STATES, type Delivery } from '../domain/delivery.ts'
import type { Webhook } from '../domain/webhook.ts'

export const EXAMPLE_WEBHOOK_ID = '0190f5fe-7c00-7a00-8000-0000000000a1'
export const EXAMPLE_EVENT_ID = '0190f5fe-7c00-7a00-8000-0000000000e1'
const EXAMPLE_WEBHOOK = {
  id: EXAMPLE_WEBHOOK_ID,
  url: 'https://receiver.example/lottery',
  event_types: ['lottery.closed.v1'],
  created_at: EXAMPLE_INSTANT,
  disabled_at: null,
}

/** A UUID in a path, in any letter case. */
export function idSchema(example: string) {
  return z
    .uuid()
    .transform((text) => text.toLowerCase())
    .meta({ examples: [example] })
}

export function newWebhookSchema(types: readonly EventType[]) {
  return z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .max(2_000)
        .meta({ description: 'Where events are sent; https, with a public address, without a user name' }),
      event_types: z
        .array(z.enum(types.map(({ type }) => type)))
        .min(1)
        .max(50)
        .optional()
        .meta({ description: 'Types of the events to send, by default all, also those of later versions' }),
    })
    .meta({
      id: 'NewWebhook',
      description: 'A subscription to make',
      examples: [{ url: EXAMPLE_WEBHOOK.url, event_types: EXAMPLE_WEBHOOK.event_types }],
    })
}

const webhookFields = {
  id: uuidSchema,
  url: z.string().meta({ description: 'Without its query, which can hold a secret of the receiver' }),
  event_types: z.array(z.string()).nullable().meta({ description: 'Null: all types' }),
  created_at: instantSchema,
  disabled_at: instantSchema
    .nullable()
    .meta({ description: 'Time when the receiver answered 410; null once the subscription is enabled again' }),
}

export const webhookSchema = z
  .object(webhookFields)
  .meta({ id: 'Webhook', description: 'A subscription to events', examples: [EXAMPLE_WEBHOOK] })

export const madeWebhookSchema = z
  .object({
    ...webhookFields,
    secret: z.string().meta({ description: 'Secret that signs the events, shown this once: `whsec_` and base64' }),
  })
  .meta({
    id: 'MadeWebhook',
    description: 'A new subscription with its secret',
    examples: [{ ...EXAMPLE_WEBHOOK, secret: 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' }],
  })

export const webhookListSchema = z
  .object({ items: z.array(webhookSchema) })
  .meta({ id: 'WebhookList', description: 'All subscriptions', examples: [{ items: [EXAMPLE_WEBHOOK] }] })

export const deliverySchema = z
  .object({
    event_id: uuidSchema,
    type: z.string(),
    aggregate: z.string(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int().meta({ description: 'Requests so far, since the last redelivery' }),
    last_status: z.int().nullable().meta({ description: 'HTTP status of the last answer' }),
    last_error: z.enum(DELIVERY_ERRORS).nullable().meta({ description: 'Why the last request had no answer' }),
    next_attempt_at: instantSchema.nullable().meta({ description: 'Null: at once, or never' }),
    delivered_at: instantSchema.nullable(),
  })
  .meta({
    id: 'WebhookDelivery',
    description: 'An event on its way to a receiver',
    examples: [
      {
        event_id: EXAMPLE_EVENT_ID,
        type: 'lottery.closed.v1',
        aggregate: 'lottery/2026-11-22',
        state: 'pending',
        attempts: 1,
        last_status: 503,
        last_error: null,
        next_attempt_at: EXAMPLE_INSTANT,
        delivered_at: null,
      },
    ],
  })

export const deliveryPageSchema = pageOf(deliverySchema, 'WebhookDeliveryPage')

export function toWebhookBody({ id, url, eventTypes, createdAt, disabledAt }: Webhook) {
  const shown = Object.assign(new URL(url), { search: '', hash: '' }).href
  const event_types = eventTypes && [...eventTypes]
  return { id, url: shown, event_types, created_at: instant(createdAt), disabled_at: maybeInstant(disabledAt) }
}

export function toDeliveryBody(delivery: Delivery) {
  const { eventId, type, aggregate, state, attempts, lastStatus, lastError, retryAt, deliveredAt } = delivery
  return {
    event_id: eventId,
    type,
    aggregate,
    state,
    attempts,
    last_status: lastStatus,
    last_error: lastError,
    next_attempt_at: maybeInstant(retryAt),
    delivered_at: maybeInstant(deliveredAt),
  }
}

function instant(at: Instant): string {
  return new Date(at).toISOString()
}

function maybeInstant(at: Instant | null): string | null {
  return at === null ? null : instant(at)
}
