import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { healthRoutes, metricsRoutes, type ReadinessCheck } from './shared/api/health-routes.ts'
import { createHttpServer, type HttpServerSettings } from './shared/api/http-server.ts'

/** Use cases behind the routes for operators. */
export interface OperationsParts {
  readonly lottery: { readonly checkReadiness: ReadinessCheck }
  readonly metrics: Registry
}

/** Builds the listener for operators, which clients need not reach: health with its counts, metrics. It does not listen yet. */
export async function buildOperationsApp(
  { lottery, metrics }: OperationsParts,
  settings: HttpServerSettings = {},
): Promise<FastifyInstance> {
  const app = createHttpServer(settings)
  await app.register(healthRoutes(lottery.checkReadiness, { withCounts: true }))
  await app.register(metricsRoutes(metrics))
  return app
}
