import { randomUUID } from 'node:crypto'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Registry } from 'prom-client'
import { auditLogRoutes, type ReadAuditLog } from './audit-log/index.ts'
import { eventRoutes } from './events/index.ts'
import {
  type BallotUseCases,
  ballotRoutes,
  type EvidenceUseCases,
  evidenceRoutes,
  type LotteryUseCases,
  ledgerRoutes,
  lotteryEvents,
  lotteryRoutes,
  type ReadLedger,
} from './lottery/index.ts'
import { answerBrokenHttp, requireHost } from './shared/api/broken-http.ts'
import { registerActor } from './shared/api/cause.ts'
import { registerDocs } from './shared/api/docs.ts'
import { endConnectionsOnClose } from './shared/api/end-connections.ts'
import { answerError, registerErrorHandler } from './shared/api/error-handler.ts'
import { ledgerKeyEvents } from './shared/api/event-types.ts'
import { healthRoutes, type ReadinessCheck } from './shared/api/health-routes.ts'
import { registerConditionalGet } from './shared/api/immutable.ts'
import { registerJsonBody } from './shared/api/json-body.ts'
import { collectRoutes } from './shared/api/method-not-allowed.ts'
import { registerRequestLog } from './shared/api/request-log.ts'
import { registerRequestMetrics } from './shared/api/request-metrics.ts'
import { registerSecurityHeaders } from './shared/api/security-headers.ts'
import { refuseUnreadInput } from './shared/api/unread-input.ts'
import { Overloaded } from './shared/application/overloaded.ts'
import { type UserUseCases, userEvents, userRoutes } from './user/index.ts'

/** Every limit between a client and the service. Those between the service and PostgreSQL stand in postgres-pool.ts. */
const LIMITS = {
  /** Bytes of a body; the largest that is ever right is below 1 KiB. */
  bodyLimit: 16 * 1024,
  /** Milliseconds for a request to arrive as a whole: slow senders do not hold connections. */
  requestTimeout: 10_000,
  /** Milliseconds that an idle connection stays open; above the usual 60 s of load balancers, who then close first. */
  keepAliveTimeout: 65_000,
  /** Bytes of all headers together. */
  maxHeaderSize: 16 * 1024,
  /** Characters of a path parameter; a date has 10, a UUID 36. */
  maxParamLength: 100,
} as const

/** Of everything that is recorded. */
export const EVENT_TYPES = [...userEvents, ...lotteryEvents, ...ledgerKeyEvents]

export interface AppParts {
  readonly users: UserUseCases
  readonly lotteries: LotteryUseCases
  readonly ballots: BallotUseCases
  readonly readLedger: ReadLedger
  readonly evidence: EvidenceUseCases
  readonly readAuditLog: ReadAuditLog
  readonly checkReadiness: ReadinessCheck
  readonly metrics: Registry
}

export interface AppSettings {
  readonly internalCloseToken?: string | undefined
  readonly rateLimitPerMinute?: number
  readonly trustProxy?: boolean
  /** The topic that the documentation of events names. */
  readonly kafkaTopic?: string
  /** Milliseconds that the event loop may lag before requests are turned away; 0 is for ever. */
  readonly maxEventLoopDelayMs?: number
  readonly logger?: FastifyBaseLogger
}

/** The HTTP face of the service, not listening yet. */
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
  await app.register(healthRoutes(parts.checkReadiness, parts.metrics))
  await app.register(userRoutes(parts.users))
  await app.register(ballotRoutes(parts.ballots))
  await app.register(lotteryRoutes(parts.lotteries, internalCloseToken))
  await app.register(ledgerRoutes(parts.readLedger))
  await app.register(evidenceRoutes(parts.evidence))
  await app.register(
    auditLogRoutes(
      parts.readAuditLog,
      EVENT_TYPES.map(({ type }) => type),
    ),
  )
  await app.register(eventRoutes({ types: EVENT_TYPES, topic: kafkaTopic }))
  refuseOtherMethods()
  return app
}
