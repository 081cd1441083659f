import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyInstance } from 'fastify'
import { HttpError, problemOf } from './problem-of.ts'

/** Status and message for bytes that never become a request, by Node's error code. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too long.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
}

/**
 * Answers bytes that are no HTTP request with a problem document, and ends the connection. The response is written by
 * hand, because Fastify has no reply without a request.
 */
export function answerBrokenHttp(this: FastifyInstance, error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  // While an earlier request still waits for its response, or gets it, the caller would take this response for that one.
  const { _httpMessage: earlier } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (earlier && (earlier.headersSent || earlier.req.complete)) return void socket.destroy()

  const request = { id: randomUUID() }
  const [status, message] = REFUSALS[error.code] ?? [400, 'The request is not valid HTTP/1.1.']
  const body = JSON.stringify(problemOf(new HttpError(status, message), request))
  this.log.info({ reqId: request.id, code: error.code, status }, 'request refused')
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${request.id}`,
      '',
      body,
    ].join('\r\n'),
  )
}

/**
 * Refuses an HTTP/1.1 request without a Host header (RFC 9112 section 3.2). Node's own `requireHostHeader` would refuse the
 * request without a problem document.
 */
export function requireHost(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const isMissing = raw.httpVersion === '1.1' && raw.headers.host === undefined
    done(isMissing ? new HttpError(400, 'HTTP/1.1 requests need a Host header.') : undefined)
  })
}
