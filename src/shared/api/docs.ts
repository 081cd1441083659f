import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** OpenAPI 3.1 from the routes' schemas, at /openapi.json, drawn at /docs. Call it before the routes are registered. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Lottery Service',
        description: 'One lottery per UTC day: ballots in, one winner out, closed at midnight.',
        version: '1.0.0',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      security: [],
      tags: [
        { name: 'users', description: 'People who take part' },
        { name: 'ballots', description: 'Entries in a lottery' },
        { name: 'lotteries', description: 'The draw of one UTC day' },
        { name: 'operations', description: 'For whoever runs the service' },
      ],
      components: {
        securitySchemes: { internalToken: { type: 'apiKey', in: 'header', name: 'X-Internal-Token' } },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { tryItOutEnabled: true } })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
