import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { markPrivate } from '../../shared/api/access.ts'
import { answer, location } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import type { EventType } from '../../shared/api/event-types.ts'
import { bodyRefusals, refusals } from '../../shared/api/refusals.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import type { ManageWebhooks } from '../application/manage-webhooks.ts'
import type { Subscribe } from '../application/subscribe.ts'
import { TooManyWebhooks, WebhookNotFound, WebhookUrlRefused } from '../domain/errors.ts'
import { MAX_WEBHOOKS } from '../domain/webhook.ts'
import {
  EXAMPLE_WEBHOOK_ID,
  idSchema,
  madeWebhookSchema,
  newWebhookSchema,
  toWebhookBody,
  webhookListSchema,
  webhookSchema,
} from './schemas.ts'

export interface WebhookUseCases {
  readonly subscribe: Subscribe
  readonly manageWebhooks: ManageWebhooks
}

const tags = ['webhooks']
const params = z.object({ id: idSchema(EXAMPLE_WEBHOOK_ID) })
const notFound = new WebhookNotFound(EXAMPLE_WEBHOOK_ID)

export function webhookRoutes(
  { subscribe, manageWebhooks }: WebhookUseCases,
  eventTypes: readonly EventType[],
): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/webhooks',
      {
        config: { access: 'manage-webhooks' },
        schema: {
          tags,
          operationId: 'makeWebhook',
          summary: 'Subscribe a URL to events',
          description:
            'Events that are recorded from the response on are sent to the URL, signed as Standard Webhooks says, but none about ' +
            'the subscription itself. The secret is in this response alone.',
          body: newWebhookSchema(eventTypes),
          response: {
            201: answer(madeWebhookSchema, {
              description: 'The subscription',
              headers: location(`/webhooks/${EXAMPLE_WEBHOOK_ID}`),
            }),
            ...bodyRefusals(
              new WebhookUrlRefused('it must begin with https://'),
              new TooManyWebhooks(MAX_WEBHOOKS),
              new OutcomeUnknown(),
            ),
          },
        },
      },
      async (request, reply) => {
        const { url, event_types = null } = request.body
        const { webhook, secret } = await subscribe.execute({ url, eventTypes: event_types }, causeOf(request))
        markPrivate(reply)
        reply.code(201).header('location', `${app.prefix}/webhooks/${webhook.id}`)
        return { ...toWebhookBody(webhook), secret }
      },
    )

    app.get(
      '/webhooks',
      {
        config: { access: 'read-webhooks' },
        schema: {
          tags,
          operationId: 'listWebhooks',
          summary: 'List the subscriptions, oldest first',
          description: 'The answer has no secrets.',
          response: { 200: answer(webhookListSchema, { description: 'The subscriptions' }), ...refusals() },
        },
      },
      async (_request, reply) => {
        const webhooks = await manageWebhooks.list()
        markPrivate(reply)
        return { items: webhooks.map(toWebhookBody) }
      },
    )

    app.get(
      '/webhooks/:id',
      {
        config: { access: 'read-webhooks' },
        schema: {
          tags,
          operationId: 'getWebhook',
          summary: 'Look up a subscription',
          description: 'The answer has no secret.',
          params,
          response: { 200: answer(webhookSchema, { description: 'The subscription' }), ...refusals(notFound) },
        },
      },
      async (request, reply) => {
        const webhook = await manageWebhooks.find(request.params.id)
        markPrivate(reply)
        return toWebhookBody(webhook)
      },
    )

    app.post(
      '/webhooks/:id/enable',
      {
        config: { access: 'manage-webhooks' },
        schema: {
          tags,
          operationId: 'enableWebhook',
          summary: 'Enable a subscription that a 410 disabled',
          description:
            'What waited is sent, and so are the events that were answered 410 and those that were recorded meanwhile. The ' +
            'response is the same for a subscription that is not disabled.',
          params,
          response: {
            200: answer(webhookSchema, { description: 'The subscription, which is not disabled' }),
            ...refusals(notFound, new OutcomeUnknown()),
          },
        },
      },
      async (request, reply) => {
        const webhook = await manageWebhooks.enable(request.params.id, causeOf(request))
        markPrivate(reply)
        return toWebhookBody(webhook)
      },
    )

    app.delete(
      '/webhooks/:id',
      {
        config: { access: 'manage-webhooks' },
        schema: {
          tags,
          operationId: 'deleteWebhook',
          summary: 'End a subscription',
          description: 'Its deliveries and its secret are deleted. A request that is on its way may still arrive.',
          params,
          response: {
            204: answer(z.undefined(), { description: 'The subscription is deleted' }),
            ...refusals(notFound, new OutcomeUnknown()),
          },
        },
      },
      async (request, reply) => {
        await manageWebhooks.remove(request.params.id, causeOf(request))
        return reply.code(204).send()
      },
    )
  }
}
