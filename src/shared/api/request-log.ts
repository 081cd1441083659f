import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../domain/error-code.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem document that is the answer. */
    problemCode: ErrorCode | undefined
  }
}

/** Logs one line for each response: 5xx at `warn` and refusals at `info`, both with their code; successes at `debug`. */
export function registerRequestLog(app: FastifyInstance): void {
  const logsAll = app.log.level === 'debug' || app.log.level === 'trace'
  app.decorateReply('problemCode', undefined)
  app.addHook('onResponse', (request, reply, done) => {
    if (logsAll || reply.statusCode >= 400) {
      const { problemCode: code, elapsedTime } = reply
      const line = { req: request, res: reply, code, responseTime: Math.round(elapsedTime * 10) / 10 }
      if (reply.statusCode >= 500) request.log.warn(line, 'request failed')
      else if (reply.statusCode >= 400) request.log.info(line, 'request refused')
      else request.log.debug(line, 'request answered')
    }
    done()
  })
}

/** A logger that writes each request without its query, which can hold an e-mail address or a token. */
export function withoutQueries(logger: FastifyBaseLogger): FastifyBaseLogger {
  return logger.child({}, { serializers: { req: describeRequest } })
}

function describeRequest({ method, url, host, ip, socket }: FastifyRequest): Record<string, unknown> {
  const [path] = url.split(/[?#]/, 1)
  return { method, url: path, host, remoteAddress: ip, remotePort: socket.remotePort }
}
