import type { FastifyInstance } from 'fastify'

/** One line for each answer: what could not be done now at `warn`, refusals at `info`, successes at `debug`. */
export function registerRequestLog(app: FastifyInstance): void {
  const tellsAll = app.log.level === 'debug' || app.log.level === 'trace'
  app.addHook('onResponse', (request, reply, done) => {
    if (tellsAll || reply.statusCode >= 400) {
      const line = { req: request, res: reply, responseTime: Math.round(reply.elapsedTime * 10) / 10 }
      if (reply.statusCode >= 500) request.log.warn(line, 'not answered')
      else if (reply.statusCode >= 400) request.log.info(line, 'refused')
      else request.log.debug(line, 'answered')
    }
    done()
  })
}
