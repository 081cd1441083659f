import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import { DatabaseUnavailable, TimedOut } from '../application/unavailable.ts'
import { answer } from './answer.ts'
import { documented } from './refusals.ts'

/** Milliseconds: a database that is frozen takes connections and answers nothing. */
const READY_WITHIN_MS = 2_000

/**
 * Rejects, with a DomainError of kind `unavailable`, while the service cannot do its work. Else it tells what a person
 * would want to look at: lotteries whose day is over and that are not closed, and those that wait for a beacon.
 */
export type ReadinessCheck = () => Promise<{ readonly overdue: number; readonly sealed: number }>

const readySchema = z.object({
  status: z.literal('ready'),
  overdue_lotteries: z.int().meta({ description: 'Not closed though their day is over' }),
  sealed_lotteries: z.int().meta({ description: 'Waiting for the randomness of a beacon' }),
})

export function healthRoutes(checkReadiness: ReadinessCheck, metrics: Registry): FastifyPluginAsyncZod {
  const tags = ['operations']
  // Probes and scrapers come often, and must be answered above all when there is much to do.
  const config = { rateLimit: false } as const
  return async (app) => {
    app.get(
      '/health/live',
      {
        config,
        schema: {
          tags,
          operationId: 'getLiveness',
          summary: 'Whether the process runs',
          response: {
            200: answer(z.object({ status: z.literal('live') }), {
              description: 'It runs',
              example: { status: 'live' },
            }),
          },
        },
      },
      async () => ({ status: 'live' as const }),
    )

    app.get(
      '/health/ready',
      {
        config,
        handlerTimeout: READY_WITHIN_MS,
        schema: {
          tags,
          operationId: 'getReadiness',
          summary: 'Whether requests can be served: the database answers',
          response: {
            200: answer(readySchema, {
              description: 'They can',
              example: { status: 'ready', overdue_lotteries: 0, sealed_lotteries: 0 },
            }),
            ...documented([new DatabaseUnavailable(), new TimedOut()]),
          },
        },
      },
      async () => {
        const { overdue, sealed } = await checkReadiness()
        return { status: 'ready' as const, overdue_lotteries: overdue, sealed_lotteries: sealed }
      },
    )

    app.get(
      '/metrics',
      {
        config,
        schema: {
          tags,
          operationId: 'getMetrics',
          summary: 'Prometheus metrics',
          response: {
            200: { description: 'Text exposition format', content: { 'text/plain': { schema: z.string() } } },
          },
        },
      },
      async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
    )
  }
}
