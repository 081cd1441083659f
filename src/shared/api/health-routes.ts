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

const readySchema = z.object({ status: z.literal('ready') })
const countsSchema = readySchema.extend({
  overdue_lotteries: z.int().meta({ description: 'Lotteries that are not closed though their day is over' }),
  sealed_lotteries: z.int().meta({ description: 'Sealed lotteries that wait for the randomness of a beacon' }),
})

interface HealthSettings {
  /** Whether a ready service also returns the counts of the check. */
  readonly withCounts: boolean
}

const tags = ['operations']
/** Probes and scrapers send many requests, and need their responses most while the service is busy. */
const config = { access: 'operate', rateLimit: false } as const

export function healthRoutes(checkReadiness: ReadinessCheck, { withCounts }: HealthSettings): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/health/live',
      {
        config,
        schema: {
          tags,
          operationId: 'getLiveness',
          summary: 'Check whether the process runs',
          description: 'The response depends on this process alone, not on the database.',
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
          summary: 'Check whether the service can serve requests: the database stores what it is sent',
          description:
            'A replica that answers 503 cannot serve other requests at the moment, and may recover without a restart.',
          response: {
            200: withCounts
              ? answer(countsSchema, {
                  description: 'The service can serve requests',
                  example: { status: 'ready', overdue_lotteries: 0, sealed_lotteries: 0 },
                })
              : answer(readySchema, { description: 'The service can serve requests', example: { status: 'ready' } }),
            ...documented([new DatabaseUnavailable(), new TimedOut()]),
          },
        },
      },
      async () => {
        const { overdue, sealed } = await checkReadiness()
        if (!withCounts) return { status: 'ready' as const }
        return { status: 'ready' as const, overdue_lotteries: overdue, sealed_lotteries: sealed }
      },
    )
  }
}

export function metricsRoutes(metrics: Registry): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/metrics',
      {
        config,
        schema: {
          tags,
          operationId: 'getMetrics',
          summary: 'Get the metrics for Prometheus',
          description: 'The response describes this process, and what the database holds at that moment.',
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
