import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import { DatabaseUnavailable, TimedOut } from '../application/unavailable.ts'
import { answer } from './answer.ts'
import { documented } from './refusals.ts'

/** Milliseconds for the readiness check. A frozen database accepts connections and answers nothing. */
const READY_WITHIN_MS = 2_000

/**
 * Rejects with an `Unavailable` error while the service cannot serve requests. Otherwise returns two counts for
 * operators: `overdue` lotteries are not closed though their day is over; `sealed` lotteries wait for a beacon.
 */
export type ReadinessCheck = () => Promise<{ readonly overdue: number; readonly sealed: number }>

const readySchema = z.object({
  status: z.literal('ready'),
  overdue_lotteries: z.int().meta({ description: 'Lotteries that are not closed though their day is over' }),
  sealed_lotteries: z.int().meta({ description: 'Sealed lotteries that wait for the randomness of a beacon' }),
})

export function healthRoutes(checkReadiness: ReadinessCheck, metrics: Registry): FastifyPluginAsyncZod {
  const tags = ['operations']
  // Probes and scrapers send many requests, and need their responses most while the service is busy.
  const config = { rateLimit: false } as const
  return async (app) => {
    app.get(
      '/health/live',
      {
        config,
        schema: {
          tags,
          operationId: 'getLiveness',
          summary: 'Check whether the process runs',
          response: {
            200: answer(z.object({ status: z.literal('live') }), {
              description: 'The process runs',
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
          summary: 'Check whether the service can serve requests: the database answers',
          response: {
            200: answer(readySchema, {
              description: 'The service can serve requests',
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
          summary: 'Get the metrics for Prometheus',
          response: {
            200: {
              description: 'Metrics in the text exposition format',
              content: { 'text/plain': { schema: z.string() } },
            },
          },
        },
      },
      async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
    )
  }
}
