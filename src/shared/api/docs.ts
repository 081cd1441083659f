import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApiTransforms } from './openapi.ts'

const DESCRIPTION = `One lottery per UTC day: ballots in, one winner out, closed at midnight.

- **Times** are UTC, days are \`YYYY-MM-DD\`, ids are UUIDs.
- **Refusals** are RFC 9457 problem documents; \`code\` is stable and meant for programs. Invalid input of any kind is 400
  \`invalid_request\`, unknown and repeated fields included.
- **Every answer** carries \`X-Request-Id\`, which names the request in the service's log.
- **Lists** are pages: send \`next_cursor\` back as \`cursor\` until it is null.
- **Retrying a submit** is safe with an \`Idempotency-Key\`: the same key, user and date is the same ballot, for ever.`

/** What a page of the docs may load: its own files, and pictures within its style sheet. */
const PAGE_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/** OpenAPI 3.1 from the routes' schemas, at /openapi.json, drawn at /docs. Call it before the routes are registered. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Lottery Service',
        description: DESCRIPTION,
        version: '1.0.0',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This service' }],
      security: [],
      tags: [
        { name: 'users', description: 'People who take part' },
        { name: 'ballots', description: 'Entries in a lottery' },
        { name: 'lotteries', description: 'The draw of one UTC day' },
        { name: 'ledger', description: 'What everybody can check a draw by' },
        { name: 'audit', description: 'Everything that happened, in one log that only grows' },
        { name: 'events', description: 'What others are told of' },
        { name: 'operations', description: 'For whoever runs the service' },
      ],
      components: {
        securitySchemes: {
          internalToken: {
            type: 'apiKey',
            in: 'header',
            name: 'X-Internal-Token',
            description: 'The value of `INTERNAL_CLOSE_TOKEN`; where that is not set, nobody passes',
          },
        },
      },
    },
    ...openApiTransforms(),
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    theme: { title: 'Lottery Service' },
    // Without the bar on top: it is there to explore other documents, which the policy forbids anyway.
    uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, displayRequestDuration: true },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
