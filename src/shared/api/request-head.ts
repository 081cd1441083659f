import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { HttpError } from './problem-of.ts'

/** Host and port (RFC 3986 section 3.2) as they stand in an http URL: a name, an IPv4 or an IPv6 address. */
const HOST = /^([\w.~!$&'()*+,;=-]|%[0-9a-f]{2})+(:\d*)?$|^\[[0-9a-f:.]+\](:\d*)?$/i
const CONTINUE = '100-continue'

/**
 * Refuses requests whose head Node accepts and RFC 9110 or RFC 9112 does not, and ends their connections. Another server on
 * the way may read such a head in another way.
 */
export function refuseInvalidHeads(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const refusal = refusalOf(raw)
    if (refusal) reply.header('connection', 'close')
    done(refusal)
  })
}

function refusalOf(request: IncomingMessage): HttpError | undefined {
  const { httpVersion, method, url, headers } = request
  const isKnown = httpVersion === '1.1' || httpVersion === '1.0'
  if (!isKnown || (url === '*' && method !== 'OPTIONS')) return new HttpError(400, 'The request is not valid HTTP/1.1.')
  const hosts = valuesOf('host', request)
  if (httpVersion === '1.1' && hosts.length === 0) return new HttpError(400, 'HTTP/1.1 requests need a Host header.')
  if (hosts.length > 1) return new HttpError(400, 'The request has several Host headers. Send one.')
  if (hosts.some((host) => !HOST.test(host)))
    return new HttpError(400, 'The Host header must be a host name or an address, with an optional port.')
  if (httpVersion === '1.1' && (headers.expect ?? CONTINUE).toLowerCase() !== CONTINUE)
    return new HttpError(417, `The only expectation that this service meets is ${CONTINUE}.`)
  return undefined
}

/** All values of a header in the order of the request. Node merges some of them, and keeps the first of others. */
export function valuesOf(name: Lowercase<string>, { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string[] {
  const values: string[] = []
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const given = rawHeaders[n] as string
    if (given.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[n + 1] as string)
  }
  return values
}

/**
 * Asks for the body of a request with `Expect: 100-continue` when the service begins to read the body, so that a body that
 * is refused unread is never sent. Node would ask for each body at once. A client may send its body after a refusal or not
 * (RFC 9110 section 10.1.1), so the connection ends with the refusal.
 */
export function askForBodiesLate(app: FastifyInstance): void {
  const { server } = app
  server.on('checkContinue', (request, response) => {
    const { shouldKeepAlive } = response
    response.shouldKeepAlive = false
    request.once('resume', () => {
      if (response.headersSent) return // Node empties the connection
      response.shouldKeepAlive = shouldKeepAlive
      response.writeContinue()
    })
    server.emit('request', request, response)
  })
  // Node would answer without a problem document.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}
