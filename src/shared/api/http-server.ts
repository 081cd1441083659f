import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { Tracer } from '../application/tracer.ts'
import { answerBrokenHttp, refuseTunnels } from './broken-http.ts'
import { endConnectionsOnClose } from './end-connections.ts'
import { answerError, registerErrorHandler } from './error-handler.ts'
import { askForBodiesLate, refuseInvalidHeads } from './request-head.ts'
import { requestIdsOf } from './request-id.ts'
import { registerRequestLog, withoutQueries } from './request-log.ts'
import { registerSecurityHeaders } from './security-headers.ts'
import { endStalledAnswers } from './stalled-answers.ts'
import { logTraces } from './trace-context.ts'
import { traceRequests } from './trace-requests.ts'
import { proxyTrustOf, type TrustedProxies } from './trusted-proxies.ts'

/** All limits between a client and the service. The limits between the service and PostgreSQL stand in postgres-pool.ts. */
const LIMITS = {
  /** Bytes of a body, where no route has a limit of its own. The largest valid body is below 1 KiB. */
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

export interface HttpServerSettings {
  readonly trustProxy?: TrustedProxies
  readonly logger?: FastifyBaseLogger
  /** Undefined: requests are not recorded. */
  readonly tracer?: Tracer | undefined
}

/** Creates a server without routes. It has what all listeners share: limits, request ids, problem documents, a log. */
export function createHttpServer({ trustProxy = false, logger, tracer }: HttpServerSettings): FastifyInstance {
  const isTrusted = proxyTrustOf(trustProxy)
  const app = Fastify({
    bodyLimit: LIMITS.bodyLimit,
    requestTimeout: LIMITS.requestTimeout,
    keepAliveTimeout: LIMITS.keepAliveTimeout,
    http: { maxHeaderSize: LIMITS.maxHeaderSize, requireHostHeader: false },
    routerOptions: { maxParamLength: LIMITS.maxParamLength },
    trustProxy: isTrusted,
    requestIdHeader: false,
    genReqId: requestIdsOf(isTrusted),
    return503OnClosing: false,
    logController: new LogController({ disableRequestLogging: true }),
    frameworkErrors: answerError,
    clientErrorHandler: answerBrokenHttp,
    ...(logger ? { loggerInstance: withoutQueries(logger) } : {}),
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerErrorHandler(app)
  refuseTunnels(app)
  askForBodiesLate(app)
  refuseInvalidHeads(app)
  if (tracer) traceRequests(app, tracer)
  else logTraces(app)
  registerRequestLog(app)
  endConnectionsOnClose(app)
  endStalledAnswers(app)
  registerSecurityHeaders(app)
  app.addHook('onRequest', ({ id }, reply, done) => {
    reply.header('x-request-id', id)
    done()
  })
  return app
}
