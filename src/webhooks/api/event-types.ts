import { z } from 'zod'
import { type EventType, EXAMPLE_CAUSE } from '../../shared/api/event-types.ts'
import { EXAMPLE_INSTANT, uuidSchema } from '../../shared/api/schemas.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { EXAMPLE_WEBHOOK_ID } from './schemas.ts'

const CREATED = {
  aggregate: `webhook/${EXAMPLE_WEBHOOK_ID}`,
  seq: 1,
  occurredAt: Date.parse(EXAMPLE_INSTANT),
  cause: EXAMPLE_CAUSE,
}

/** Event types of webhooks. Their data has neither the whole URL nor the secret, because events are public. */
export const webhookEvents: readonly EventType[] = [
  {
    type: 'webhook.created.v1',
    summary: 'A URL was subscribed to events',
    data: webhookData('The new subscription'),
    example: CREATED,
  },
  {
    type: 'webhook.disabled.v1',
    summary: 'The receiver of a webhook answered 410, and gets nothing until an operator enables the webhook',
    data: webhookData('The disabled subscription'),
    example: { ...CREATED, seq: 2, cause: CAUSED_BY_SERVICE },
  },
  {
    type: 'webhook.enabled.v1',
    summary: 'A disabled webhook was enabled again',
    data: webhookData('The enabled subscription'),
    example: { ...CREATED, seq: 3 },
  },
  {
    type: 'webhook.deleted.v1',
    summary: 'A webhook was deleted, with its secret and its deliveries',
    data: webhookData('The deleted subscription'),
    example: { ...CREATED, seq: 4 },
  },
]

function webhookData(description: string): z.ZodType {
  return z
    .object({
      webhook_id: uuidSchema,
      url_origin: z.string().meta({ description: 'Origin of the URL: its scheme, host and port' }),
      event_types: z
        .array(z.string().regex(/^[a-z_]+\.[a-z_]+\.v[0-9]+$/))
        .nullable()
        .meta({ description: 'Types of the events that are sent; null for all' }),
    })
    .meta({
      description,
      examples: [
        {
          webhook_id: EXAMPLE_WEBHOOK_ID,
          url_origin: 'https://receiver.example',
          event_types: ['lottery.closed.v1'],
        },
      ],
    })
}
