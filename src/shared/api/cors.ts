import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

const OPTIONS = {
  methods: ['GET', 'HEAD', 'POST', 'DELETE'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-None-Match', 'X-Request-Id'],
  exposedHeaders: ['X-Request-Id', 'Location', 'ETag', 'Retry-After', 'Idempotency-Replayed'],
  /** Seconds for which a browser asks only once. */
  maxAge: 600,
  strictPreflight: false,
}

/**
 * Lets scripts of these origins, and of no others, read responses. Tokens are sent by scripts themselves: cookies and
 * other credentials of browsers are not allowed. Must be called before the hooks that refuse requests are added, so that
 * refusals can be read too. Without origins, there is no header about other origins.
 */
export async function registerCors(app: FastifyInstance, origins: readonly string[] = []): Promise<void> {
  if (origins.length === 0) return
  const allowed = new Set(origins)
  await app.register(cors, {
    delegator: ({ headers: { origin = '', ...headers } }, done) => {
      const isPreflight = headers['access-control-request-method'] !== undefined
      const { exposedHeaders, ...preflight } = OPTIONS
      done(null, {
        ...(isPreflight ? preflight : { exposedHeaders }),
        origin: allowed.has(origin) && origin,
        preflight: isPreflight, // any other OPTIONS is a method that the path does not have
      })
    },
  })
  // Routes name the headers that they depend on, and so replace what was named before.
  app.addHook('onSend', async (_request, reply) => {
    const named = String(reply.getHeader('vary') ?? '')
    if (!/\borigin\b/i.test(named)) reply.header('vary', named === '' ? 'Origin' : `${named}, Origin`)
  })
}
