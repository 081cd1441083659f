import type { FastifyInstance } from 'fastify'

/** `traceparent` (W3C Trace Context section 3.2): version, trace id, span id, flags. Later versions may append fields. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/

/** Names the caller's trace in each log line of a request that carries one, as `trace_id`. */
export function logTraces(app: FastifyInstance): void {
  app.setChildLoggerFactory((logger, bindings, options, { headers }) => {
    const { traceparent } = headers
    const [, traceId] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || []
    return logger.child(traceId === undefined ? bindings : { ...bindings, trace_id: traceId }, options)
  })
}
