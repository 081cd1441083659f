import { randomUUID } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import { auditLogRoutes } from './audit-log/index.ts'
import { eventRoutes } from './events/index.ts'
import { ledgerKeyEvents } from './ledger/api/event-types.ts'
import { ballotRoutes, evidenceRoutes, ledgerRoutes, lotteryEvents, lotteryRoutes } from './lottery/index.ts'
import { answerBrokenHttp, requireHost } from './shared/api/broken-http.ts'
import { registerActor } from './shared/api/cause.ts'
import { registerDocs } from './shared/api/docs.ts'
import { endConnectionsOnClose } from './shared/api/end-connections.ts'
import { answerError, registerErrorHandler } from './shared/api/error-handler.ts'
import { healthRoutes, type ReadinessCheck } from './shared/api/health-routes.ts'
import { registerConditionalGet } from './shared/api/immutable.ts'
import { registerJsonBody } from './shared/api/json-body.ts'
import { collectRoutes } from './shared/api/method-not-allowed.ts'
import { registerRequestLog } from './shared/api/request-log.ts'
import { registerRequestMetrics } from './shared/api/request-metrics.ts'
import { registerSecurityHeaders } from './shared/api/security-headers.ts'
import { refuseUnreadInput } from './shared/api/unread-input.ts'
import { Overloaded } from './shared/application/unavailable.ts'
import { userEvents, userRoutes } from './user/index.ts'

/** All limits between a client and the service. The limits between the service and PostgreSQL stand in postgres-pool.ts. */
const LIMITS = {
  /** Bytes of a body. The largest valid body is below 1 KiB. */
  bodyLimit: 16 * 1024,
  /** Milliseconds in which a request must arrive as a whole, so that slow senders do not hold connections. */
  requestTimeout: 10_000,
  /** Milliseconds that an idle connection stays open. Load balancers usually take 60 s, and so close first. */
  keepAliveTimeout: 65_000,
  /** Bytes of all headers together. */
  maxHeaderSize: 16 * 1024,
  /** Characters of a path parameter; a date has 10, a UUID 36. */
  maxParamLength: 100,
} as const

/** The types of all events that the service records. */
export const EVENT_TYPES = [...userEvents, ...lotteryEvents, ...ledgerKeyEvents]

/** The use cases that the routes call. */
export interface AppParts {
  readonly user: Parameters<typeof userRoutes>[0]
  readonly lottery: Parameters<typeof ballotRoutes>[0] &
    Parameters<typeof lotteryRoutes>[0] &
    Parameters<typeof ledgerRoutes>[0] &
    Parameters<typeof evidenceRoutes>[0] & { readonly checkReadiness: ReadinessCheck }
  readonly auditLog: Parameters<typeof auditLogRoutes>[0]
  readonly metrics: Registry
}

export interface AppSettings {
  readonly internalCloseToken?: string | undefined
  readonly rateLimitPerMinute?: number
  readonly trustProxy?: boolean
  /** Kafka topic that the documentation of events names. */
  readonly kafkaTopic?: string
  /** Milliseconds that the event loop may lag before requests are refused; 0: any lag is allowed. */
  readonly maxEventLoopDelayMs?: number
  readonly logger?: FastifyBaseLogger
}

/** Builds the HTTP interface of the service. It does not listen yet. */
export async function buildApp(parts: AppParts, settings: AppSettings = {}): Promise<FastifyInstance> {
  const { internalCloseToken, rateLimitPerMinute = 0, trustProxy = false, maxEventLoopDelayMs = 1_000 } = settings
  const { kafkaTopic = 'lottery.events' } = settings
  const app = Fastify({
    bodyLimit: LIMITS.bodyLimit,
    requestTimeout: LIMITS.requestTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeout,
    http: { maxHeaderSize: LIMITS.maxHeaderSize, requireHostHeader: false },
    routerOptions: { maxParamLength: LIMITS.maxParamLength },
    trustProxy,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerError,
    clientErrorHandler: answerBrokenHttp,
    ...(settings.logger ? { loggerInstance: settings.logger } : {}),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerErrorHandler(app)
  requireHost(app)
  registerJsonBody(app)
  refuseUnreadInput(app)
  registerConditionalGet(app)
  registerRequestMetrics(app, parts.metrics)
  registerRequestLog(app)
  registerActor(app)
  endConnectionsOnClose(app)
  registerSecurityHeaders(app)
  app.addHook('onRequest', ({ id }, reply, done) => {
    reply.header('x-request-id', id)
    done()
  })

  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    pressureHandler: ({ routeOptions }) => {
      if (!routeOptions.schema?.tags?.includes('operations')) throw new Overloaded()
    },
  })
  if (rateLimitPerMinute > 0) await app.register(rateLimit, { max: rateLimitPerMinute, timeWindow: '1 minute' })

  const { refuseOtherMethods } = collectRoutes(app)
  await registerDocs(app)
  const { user, lottery, auditLog, metrics } = parts
  const eventTypes = EVENT_TYPES.map(({ type }) => type)
  await app.register(healthRoutes(lottery.checkReadiness, metrics))
  await app.register(userRoutes(user))
  await app.register(ballotRoutes(lottery))
  await app.register(lotteryRoutes(lottery, internalCloseToken))
  await app.register(ledgerRoutes(lottery))
  await app.register(evidenceRoutes(lottery))
  await app.register(auditLogRoutes(auditLog, eventTypes))
  await app.register(eventRoutes({ types: EVENT_TYPES, topic: kafkaTopic }))
  refuseOtherMethods()
  return app
}
