import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { markPrivate } from '../../shared/api/access.ts'
import { answer } from '../../shared/api/answer.ts'
import { pageQuery, toPage } from '../../shared/api/page.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import type { ManageWebhooks } from '../application/manage-webhooks.ts'
import { DeliveryNotFound, WebhookDisabled, WebhookNotFound } from '../domain/errors.ts'
import {
  deliveryPageSchema,
  deliverySchema,
  EXAMPLE_EVENT_ID,
  EXAMPLE_WEBHOOK_ID,
  idSchema,
  toDeliveryBody,
} from './schemas.ts'

export interface DeliveryUseCases {
  readonly manageWebhooks: ManageWebhooks
}

const tags = ['webhooks']
const params = z.object({ id: idSchema(EXAMPLE_WEBHOOK_ID) })
const deliveryParams = params.extend({ event_id: idSchema(EXAMPLE_EVENT_ID) })
const notFound = new WebhookNotFound(EXAMPLE_WEBHOOK_ID)

export function deliveryRoutes({ manageWebhooks }: DeliveryUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/webhooks/:id/deliveries',
      {
        config: { access: 'read-webhooks' },
        schema: {
          tags,
          operationId: 'listWebhookDeliveries',
          summary: 'List the deliveries of a subscription, newest event first',
          description:
            'An event has a delivery within about a second. Deliveries are listed for 30 days after they succeed.',
          params,
          querystring: z.strictObject(pageQuery(z.int().min(0))),
          response: { 200: answer(deliveryPageSchema, { description: 'The deliveries' }), ...refusals(notFound) },
        },
      },
      async ({ params: { id }, query: { limit, cursor } }, reply) => {
        const page = { limit: limit + 1, ...(cursor !== undefined && { before: cursor }) }
        const deliveries = await manageWebhooks.deliveries(id, page)
        markPrivate(reply)
        return toPage(deliveries, limit, ({ auditIndex }) => auditIndex, toDeliveryBody)
      },
    )

    app.post(
      '/webhooks/:id/deliveries/:event_id/redeliver',
      {
        config: { access: 'manage-webhooks' },
        schema: {
          tags,
          operationId: 'redeliverWebhook',
          summary: 'Send an event again',
          description:
            'The event is sent soon, also when it was delivered or is parked, and gets all its attempts anew. Later events of ' +
            'its aggregate that are not delivered yet follow it.',
          params: deliveryParams,
          response: {
            202: answer(deliverySchema, { description: 'The delivery, which is pending' }),
            ...refusals(
              notFound,
              new DeliveryNotFound(EXAMPLE_EVENT_ID),
              new WebhookDisabled(EXAMPLE_WEBHOOK_ID),
              new OutcomeUnknown(),
            ),
          },
        },
      },
      async ({ params: { id, event_id } }, reply) => {
        const delivery = await manageWebhooks.redeliver(id, event_id)
        markPrivate(reply)
        return reply.code(202).send(toDeliveryBody(delivery))
      },
    )
  }
}
