import type { FastifyInstance } from 'fastify'

/** Logs one line for each response: 5xx at `warn`, refusals at `info`, successes at `debug`. */
export function registerRequestLog(app: FastifyInstance): void {
  const logsAll = app.log.level === 'debug' || app.log.level === 'trace'
  app.addHook('onResponse', (request, reply, done) => {
    if (logsAll || reply.statusCode >= 400) {
      const line = { req: request, res: reply, responseTime: Math.round(reply.elapsedTime * 10) / 10 }
      if (reply.statusCode >= 500) request.log.warn(line, 'request failed')
      else if (reply.statusCode >= 400) request.log.info(line, 'request refused')
      else request.log.debug(line, 'request answered')
    }
    done()
  })
}
