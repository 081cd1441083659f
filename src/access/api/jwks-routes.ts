import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { answer } from '../../shared/api/answer.ts'
import { refusals } from '../../shared/api/refusals.ts'

const jwksSchema = z.object({ keys: z.array(z.looseObject({})) }).meta({
  id: 'JwkSet',
  description: 'JSON Web Key Set, RFC 7517',
  examples: [{ keys: [] }],
})

/** Serves the public keys of the tokens that the service issues itself; none when tokens come from another issuer. */
export function jwksRoutes(jwks: JSONWebKeySet): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/.well-known/jwks.json',
      {
        config: { access: 'read' },
        schema: {
          tags: ['users'],
          operationId: 'getTokenKeys',
          summary: 'Get the public keys of the tokens that this service issues',
          description: 'The set is empty when AUTH_ISSUER names another issuer.',
          response: { 200: answer(jwksSchema, { description: 'The keys' }), ...refusals() },
        },
      },
      async () => ({ keys: jwks.keys.map((key) => ({ ...key })) }),
    )
  }
}
