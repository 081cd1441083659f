import type { FastifyInstance, FastifyReply, onSendHookHandler, preValidationHookHandler } from 'fastify'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'

const CACHE_CONTROL = 'public, max-age=31536000, immutable'
/** Bytes of answers that a route keeps; a winner has some 250, evidence with 10,000 exclusions some 100,000. */
const KEPT_BYTES = 16 * 1024 * 1024

export const conditionalHeaders = z.looseObject({
  'if-none-match': z.string().optional().meta({ description: 'ETags of the answers that the caller has already' }),
})

/** Says that this answer can never change: caches keep it for a year, and who names its tag is answered 304. */
export function markImmutable(reply: FastifyReply, tag: string): void {
  reply.header('etag', `"${tag}"`).header('cache-control', CACHE_CONTROL)
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

/**
 * Options of a route that keeps in memory what it has marked immutable, by URL, the least recently asked for dropped first.
 * Kept answers skip the database and the serializer, but nothing that could refuse the request.
 */
export function keepingImmutable(): { preValidation: preValidationHookHandler; onSend: onSendHookHandler } {
  const kept = new LRUCache<string, { readonly tag: string; readonly body: string }>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ body }, url) => body.length + url.length,
  })
  return {
    preValidation: ({ url }, reply, done) => {
      const answer = kept.get(url)
      if (!answer) return done()
      reply.header('etag', answer.tag).header('cache-control', CACHE_CONTROL)
      reply.type('application/json; charset=utf-8').send(answer.body)
    },
    onSend: ({ url, method }, reply, payload, done) => {
      const tag = reply.getHeader('etag')
      const isWhole = method === 'GET' && reply.statusCode === 200 && typeof payload === 'string'
      if (isWhole && typeof tag === 'string' && !kept.has(url)) kept.set(url, { tag, body: payload })
      done(null, payload)
    },
  }
}
