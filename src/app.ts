import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Registry } from 'prom-client'
import { jwksRoutes, registerAccess } from './access/index.ts'
import { archiveEvents, archiveRoutes } from './archive/index.ts'
import { auditLogRoutes } from './audit-log/index.ts'
import { asyncApiRoute, eventRoutes } from './events/index.ts'
import { ledgerKeyEvents } from './ledger/api/event-types.ts'
import {
  ballotRoutes,
  batchRoutes,
  evidenceRoutes,
  ledgerRoutes,
  lotteryCommandRoutes,
  lotteryEvents,
  lotteryRoutes,
  receiptRoutes,
  submitRoutes,
} from './lottery/index.ts'
import { type ConsoleSettings, consoleRoutes } from './pages/console-page.ts'
import type { PageParts } from './pages/page-parts.ts'
import { pageRoutes } from './pages/pages.ts'
import { registerActor } from './shared/api/cause.ts'
import { type ClientLimits, registerClientLimits } from './shared/api/client-limits.ts'
import { registerCors } from './shared/api/cors.ts'
import { registerDocs } from './shared/api/docs.ts'
import { healthRoutes, metricsRoutes, type ReadinessCheck } from './shared/api/health-routes.ts'
import { createHttpServer, type HttpServerSettings } from './shared/api/http-server.ts'
import { registerConditionalGet } from './shared/api/immutable.ts'
import { registerJsonBody } from './shared/api/json-body.ts'
import { collectRoutes } from './shared/api/method-not-allowed.ts'
import { registerRequestMetrics } from './shared/api/request-metrics.ts'
import { boundStreams } from './shared/api/streams.ts'
import { refuseUnreadInput } from './shared/api/unread-input.ts'
import { V1_PREFIX } from './shared/api/versions.ts'
import type { Clock } from './shared/application/clock.ts'
import { Overloaded } from './shared/application/unavailable.ts'
import { banRoutes, forgetRoutes, userEvents, userRoutes } from './user/index.ts'
import { deliveryRoutes, webhookEvents, webhookRoutes } from './webhooks/index.ts'

/** The types of all events that the service records. */
export const EVENT_TYPES = [...userEvents, ...lotteryEvents, ...archiveEvents, ...ledgerKeyEvents, ...webhookEvents]

/** The use cases that the routes call. */
export interface AppParts {
  readonly user: Parameters<typeof userRoutes>[0] & Parameters<typeof banRoutes>[0] & Parameters<typeof forgetRoutes>[0]
  readonly lottery: Parameters<typeof submitRoutes>[0] &
    Parameters<typeof batchRoutes>[0] &
    Parameters<typeof ballotRoutes>[0] &
    Parameters<typeof receiptRoutes>[0] &
    Parameters<typeof lotteryCommandRoutes>[0] &
    Parameters<typeof lotteryRoutes>[0] &
    Parameters<typeof ledgerRoutes>[0] &
    Parameters<typeof evidenceRoutes>[0] &
    Omit<PageParts, 'readAuditLog'> & { readonly checkReadiness: ReadinessCheck }
  readonly auditLog: Parameters<typeof auditLogRoutes>[0]
  readonly archive: Parameters<typeof archiveRoutes>[0]
  readonly webhooks: Parameters<typeof webhookRoutes>[0] & Parameters<typeof deliveryRoutes>[0]
  readonly access: Parameters<typeof registerAccess>[1] & { readonly jwks: Parameters<typeof jwksRoutes>[0] }
  readonly metrics: Registry
  /** By default, the clock of the process. */
  readonly clock?: Clock
}

export interface AppSettings extends HttpServerSettings, ClientLimits, ConsoleSettings {
  /** Kafka topic that the documentation of events names. */
  readonly kafkaTopic?: string
  /** Milliseconds that the event loop may lag before requests are refused; 0: any lag is allowed. */
  readonly maxEventLoopDelayMs?: number
  /** Port of the listener for operators, which then serves the metrics and counts. Undefined: this app serves them. */
  readonly operationsPort?: number | undefined
  /** Origins whose scripts may read responses. By default, there are none. */
  readonly corsOrigins?: readonly string[]
  /** URL at which faults of security are reported, for security.txt; undefined: there is none. */
  readonly securityContact?: string | undefined
}

/** Route sets of the API, by the prefix of their paths. */
export type RouteSets = Readonly<Record<string, FastifyPluginAsync>>

/** The route sets that the service serves. Version 1 has its paths without a prefix too. */
export function routeSetsOf({ user, lottery, auditLog, archive, webhooks }: AppParts): RouteSets {
  const routes = [
    userRoutes(user),
    banRoutes(user),
    forgetRoutes(user),
    submitRoutes(lottery),
    batchRoutes(lottery),
    ballotRoutes(lottery),
    receiptRoutes(lottery),
    lotteryRoutes(lottery),
    lotteryCommandRoutes(lottery),
    ledgerRoutes(lottery),
    evidenceRoutes(lottery),
    auditLogRoutes(auditLog, EVENT_TYPES),
    archiveRoutes(archive),
    eventRoutes(EVENT_TYPES),
    webhookRoutes(webhooks, EVENT_TYPES),
    deliveryRoutes(webhooks),
  ]
  const version1: FastifyPluginAsync = async (app) => {
    for (const plugin of routes) await app.register(plugin)
  }
  return { '': version1, [V1_PREFIX]: version1 }
}

/** Builds the HTTP interface of the service. It does not listen yet. */
export async function buildApp(
  parts: AppParts,
  settings: AppSettings = {},
  routeSets: RouteSets = routeSetsOf(parts),
): Promise<FastifyInstance> {
  const { maxEventLoopDelayMs = 1_000, kafkaTopic = 'lottery.events' } = settings
  const hasOperationsPort = settings.operationsPort !== undefined
  const app = createHttpServer(settings)
  registerJsonBody(app)
  refuseUnreadInput(app)
  registerConditionalGet(app)
  boundStreams(app)
  registerRequestMetrics(app, parts.metrics)
  registerActor(app)
  await registerCors(app, settings.corsOrigins)

  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    pressureHandler: ({ routeOptions }) => {
      if (!routeOptions.schema?.tags?.includes('operations')) throw new Overloaded()
    },
  })
  await registerClientLimits(app, settings) // before access control, which then has fewer tokens to verify
  registerAccess(app, parts.access)

  const { refuseOtherMethods } = collectRoutes(app)
  const { clock = Date } = parts
  await registerDocs(app, clock)
  await app.register(healthRoutes(parts.lottery.checkReadiness, { withCounts: !hasOperationsPort }))
  if (!hasOperationsPort) await app.register(metricsRoutes(parts.metrics))
  await app.register(jwksRoutes(parts.access.jwks))
  await app.register(asyncApiRoute(EVENT_TYPES, kafkaTopic))
  for (const [prefix, routes] of Object.entries(routeSets)) await app.register(routes, { prefix })
  await app.register(
    pageRoutes({ ...parts.lottery, ...parts.auditLog }, { clock, securityContact: settings.securityContact }),
  )
  await app.register(
    consoleRoutes(
      settings,
      EVENT_TYPES.map(({ type }) => type),
    ),
  )
  refuseOtherMethods()
  return app
}
