import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ProxyTrust } from './trusted-proxies.ts'

/** The request ids that are kept: short, and safe in a header, a log and an event. */
export const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/** Makes the function that names a request: by the `X-Request-Id` of a trusted proxy, else by a new UUID. */
export function requestIdsOf(isTrusted: ProxyTrust): (request: IncomingMessage) => string {
  return ({ headers, socket }) => {
    const given = headers['x-request-id']
    const isKept = typeof given === 'string' && REQUEST_ID.test(given) && isTrusted(socket.remoteAddress, 0)
    return isKept ? given : randomUUID()
  }
}
