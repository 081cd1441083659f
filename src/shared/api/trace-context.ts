import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { SpanIds } from '../application/tracer.ts'
import { LazyLogger } from './lazy-logger.ts'

/** `traceparent` (W3C Trace Context section 3.2): version, trace id, span id, flags. Later versions may append fields. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/

/** The caller's span, in which the request was sent. */
export function callersSpan({ traceparent }: IncomingHttpHeaders): SpanIds | undefined {
  const [, traceId, spanId, flags] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, isSampled: (Number(`0x${flags}`) & 1) === 1 }
}

/** Names the caller's trace in each log line of a request that carries one, as `trace_id`. */
export function logTraces(app: FastifyInstance): void {
  app.setChildLoggerFactory((logger, bindings, options, { headers }) => {
    return new LazyLogger(() => {
      const { traceId } = callersSpan(headers) ?? {}
      return logger.child(traceId === undefined ? bindings : { ...bindings, trace_id: traceId }, options)
    })
  })
}
