import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Span, SpanEnd, Tracer } from '../application/tracer.ts'
import { LazyLogger } from './lazy-logger.ts'
import { callersSpan } from './trace-context.ts'

/** The methods that the semantic conventions of HTTP name. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])

/**
 * Makes a span of each request, which continues the caller's trace, and names the trace in each log line of the request, as
 * `trace_id`. The span has the route's pattern and no path, because paths hold the ids of users and ballots.
 */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  const spans = new WeakMap<IncomingMessage, Span>()
  app.setChildLoggerFactory((logger, bindings, options, request) => {
    const span = tracer.start('request', { kind: 'server', parent: callersSpan(request.headers) })
    spans.set(request, span)
    return new LazyLogger(() => logger.child({ ...bindings, trace_id: span.traceId }, options))
  })
  app.addHook('onRequest', ({ raw }, _reply, done) => tracer.within(spans.get(raw), () => done()))
  app.addHook('onResponse', (request, reply, done) => {
    spans.get(request.raw)?.end(endOf(request, reply))
    done()
  })
}

/** A response of 4xx is the caller's error, not the span's. */
function endOf({ method, routeOptions, protocol }: FastifyRequest, { statusCode, problemCode }: FastifyReply): SpanEnd {
  const named = METHODS.has(method) ? method : '_OTHER'
  const route = routeOptions.url
  return {
    name: [named === method ? method : 'HTTP', route].filter((word) => word !== undefined).join(' '),
    facts: {
      'http.request.method': named,
      'http.response.status_code': statusCode,
      'url.scheme': protocol,
      ...(route !== undefined && { 'http.route': route }),
    },
    error: statusCode >= 500 ? (problemCode ?? String(statusCode)) : undefined,
  }
}
