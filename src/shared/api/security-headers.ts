import type { FastifyInstance } from 'fastify'

/**
 * What OWASP's REST Security Cheat Sheet asks of every answer. Answers are data: a browser that opens one may load nothing
 * for it, frame it nowhere and guess no other type. The docs, being pages, put a policy of their own in its place.
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
