import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'

export const conditionalHeaders = z.looseObject({
  'if-none-match': z.string().optional().meta({ description: 'ETags of the answers that the caller has already' }),
})

/** Says that this answer can never change: caches keep it for a year, and who names its tag is answered 304. */
export function markImmutable(reply: FastifyReply, tag: string): void {
  reply.header('etag', `"${tag}"`).header('cache-control', 'public, max-age=31536000, immutable')
}

/** RFC 9110 section 13.1.2: a successful GET whose ETag the caller has already is answered 304 without a body. */
export function registerConditionalGet(app: FastifyInstance): void {
  app.addHook('onSend', ({ headers }, reply, payload, done) => {
    const etag = reply.getHeader('etag')
    const known = headers['if-none-match']
    if (etag === undefined || known === undefined || reply.statusCode !== 200) return done(null, payload)
    if (!known.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)) {
      return done(null, payload)
    }
    reply.code(304).removeHeader('content-type').removeHeader('content-length')
    done(null, null)
  })
}
