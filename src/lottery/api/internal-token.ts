import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestAsyncHookHandler } from 'fastify'
import { ServiceError } from '../../shared/domain/service-error.ts'

export class Forbidden extends ServiceError {
  constructor() {
    super('forbidden', 'forbidden', 'This request needs a valid X-Internal-Token header.')
  }
}

/**
 * Accepts requests that carry the token. A missing token, a wrong one and one that is not configured are refused with the
 * same response, in the same time.
 */
export function requireInternalToken(token: string | undefined): onRequestAsyncHookHandler {
  const expected = digest(token ?? '')
  return async (request) => {
    const given = request.headers['x-internal-token']
    const equal = timingSafeEqual(digest(typeof given === 'string' ? given : ''), expected)
    if (!equal || token === undefined) throw new Forbidden()
    request.actor = 'internal-token'
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
