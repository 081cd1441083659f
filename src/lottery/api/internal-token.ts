import { createHash, timingSafeEqual } from 'node:crypto'
import type { onRequestAsyncHookHandler } from 'fastify'
import { ServiceError } from '../../shared/domain/service-error.ts'

export class Forbidden extends ServiceError {
  constructor() {
    super('forbidden', 'forbidden', 'This call needs a valid X-Internal-Token.')
  }
}

/** Lets a request pass that carries the token. Missing, wrong and not configured look alike, in words and in time. */
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
