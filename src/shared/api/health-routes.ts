import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import { problemSchema } from './problem.ts'

/** Rejects, with a DomainError of kind `unavailable`, while the service cannot do its work. */
export type ReadinessCheck = () => Promise<void>

export function healthRoutes(checkReadiness: ReadinessCheck, metrics: Registry): FastifyPluginAsyncZod {
  const tags = ['operations']
  return async (app) => {
    app.get(
      '/health/live',
      {
        schema: {
          tags,
          operationId: 'getLiveness',
          summary: 'Whether the process runs',
          response: { 200: z.object({ status: z.literal('live') }) },
        },
      },
      async () => ({ status: 'live' as const }),
    )

    app.get(
      '/health/ready',
      {
        schema: {
          tags,
          operationId: 'getReadiness',
          summary: 'Whether requests can be served: the database answers',
          response: {
            200: z.object({ status: z.literal('ready') }),
            503: {
              description: '`database_unavailable`',
              content: { 'application/problem+json': { schema: problemSchema } },
            },
          },
        },
      },
      async () => {
        await checkReadiness()
        return { status: 'ready' as const }
      },
    )

    app.get(
      '/metrics',
      {
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
