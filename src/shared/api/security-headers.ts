import type { FastifyInstance } from 'fastify'

/**
 * Headers that OWASP's REST Security Cheat Sheet recommends for every response. A response is data: a browser that opens
 * one must not load anything for it, frame it, or guess another type. The docs pages have a content security policy of
 * their own.
 */
const HEADERS = {
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

export function registerSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS)
    done()
  })
}
