import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onSendHookHandler,
  preValidationHookHandler,
} from 'fastify'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'

const CACHE_CONTROL = 'public, max-age=31536000, immutable'
/** Bytes of responses that a route keeps. A winner has about 250, evidence 3,000 and 250 more for each exclusion. */
const KEPT_BYTES = 16 * 1024 * 1024

export const conditionalHeaders = z.looseObject({
  'if-none-match': z.string().optional().meta({ description: 'ETags of the responses that the caller has already' }),
})

/** Marks a response that can never change. Caches keep it for a year, and a request that names its tag gets 304. */
export function markImmutable(reply: FastifyReply, tag: string): void {
  reply.header('etag', `"${tag}"`).header('cache-control', CACHE_CONTROL)
}

/** Takes the marks away, also from a response whose stream failed before its first byte. */
export function unmarkImmutable(reply: FastifyReply): void {
  if (!reply.hasHeader('etag')) return
  for (const name of ['etag', 'cache-control']) {
    reply.removeHeader(name)
    reply.raw.removeHeader(name)
  }
}

/** Answers a successful GET with 304 and no body when the caller has its ETag already (RFC 9110 section 13.1.2). */
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
 * Options of a route that keeps its immutable responses in memory, by URL without the prefix of the version. The least
 * recently requested one is dropped first. A kept response skips the database and the serializer, but no check that could
 * refuse the request.
 */
export function keepingImmutable(): { preValidation: preValidationHookHandler; onSend: onSendHookHandler } {
  const kept = new LRUCache<string, { readonly tag: string; readonly body: string | Buffer }>({
    maxSize: KEPT_BYTES,
    sizeCalculation: ({ body }, key) => body.length + key.length,
  })
  return {
    preValidation: (request, reply, done) => {
      const answer = kept.get(keyOf(request))
      if (!answer) return done()
      reply.header('etag', answer.tag).header('cache-control', CACHE_CONTROL)
      reply.type('application/json; charset=utf-8').send(answer.body)
    },
    onSend: (request, reply, payload, done) => {
      const key = keyOf(request)
      const tag = reply.getHeader('etag')
      const isWhole = request.method === 'GET' && reply.statusCode === 200 && typeof payload === 'string'
      if (isWhole && typeof tag === 'string' && !kept.has(key)) kept.set(key, { tag, body: bytesUnlessAscii(payload) })
      done(null, payload)
    },
  }
}

/** A text with other characters than ASCII would be encoded for each request. */
function bytesUnlessAscii(text: string): string | Buffer {
  return /^[\0-~]*$/.test(text) ? text : Buffer.from(text)
}

function keyOf({ url, server }: FastifyRequest): string {
  return url.slice(server.prefix.length)
}
