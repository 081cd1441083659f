import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionError, FastifyBaseLogger, FastifyInstance } from 'fastify'
import { HttpError, problemOf } from './problem-of.ts'

/** Status and message for bytes that never become a request, by Node's error code. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too long.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
}

/** Milliseconds for a client to take its refusal and to end the connection, which no timeout of Node covers any more. */
const LINGER_MS = 1_000

/**
 * Answers bytes that are no HTTP request with a problem document, and ends the connection. The response is written by
 * hand, because Fastify has no reply without a request.
 */
export function answerBrokenHttp(this: FastifyInstance, error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET') return
  const [status, message] = REFUSALS[error.code] ?? [400, 'The request is not valid HTTP/1.1.']
  endWithProblem(socket, new HttpError(status, message), { log: this.log, code: error.code })
}

/** Refuses CONNECT, for which Node gives no response object. Without this, Node would end the connection in silence. */
export function refuseTunnels(app: FastifyInstance): void {
  app.server.on('connect', (_request, socket) => {
    socket.on('error', () => {}) // Node has taken its own listener away
    const refusal = new HttpError(405, 'CONNECT is not allowed: this service is no proxy.')
    endWithProblem(socket, refusal, { log: app.log, code: 'CONNECT', headers: ['Allow: '] })
  })
}

interface Circumstances {
  readonly log: FastifyBaseLogger
  /** Names the reason in the log. */
  readonly code: string
  readonly headers?: readonly string[]
}

/** Writes a problem document and ends the connection. */
function endWithProblem(socket: Duplex, refusal: HttpError, { log, code, headers = [] }: Circumstances): void {
  if (!socket.writable) return
  // While an earlier request still waits for its response, or gets it, the caller would take this response for that one.
  const { _httpMessage: earlier } = socket as Duplex & { _httpMessage?: ServerResponse | null }
  if (earlier && (earlier.headersSent || earlier.req.complete)) return void socket.destroy()

  const request = { id: randomUUID() }
  const { statusCode: status } = refusal
  const body = JSON.stringify(problemOf(refusal, request))
  log.info({ reqId: request.id, code, status }, 'request refused')
  const lingering = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(lingering)).resume()
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${request.id}`,
      ...headers,
      '',
      body,
    ].join('\r\n'),
  )
}
