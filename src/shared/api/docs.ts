import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import type { Clock } from '../application/clock.ts'
import { openApiTransforms } from './openapi.ts'
import { EXAMPLE_DAY } from './schemas.ts'
import { V1_PREFIX } from './versions.ts'

const DESCRIPTION = `One lottery per UTC day. Users submit ballots, the lottery closes at midnight, and one ballot wins.

- **Paths** can also be called below \`/v1\`, except those that name another server. This contract is frozen: later versions
  only add to it. Ignore fields, event types and codes that you do not know.
- **Times** are UTC, days are \`YYYY-MM-DD\`, ids are UUIDs.
- **Refusals** are RFC 9457 problem documents; \`code\` is stable and meant for programs. Invalid input, including unknown
  and repeated fields, is 400 \`invalid_request\`.
- **Every response** carries \`X-Request-Id\`, which identifies the request in the service's log.
- **Lists** come in pages: send \`next_cursor\` as \`cursor\` of the next request, until \`next_cursor\` is null.
- **To try it**: register a user; submit a ballot with the \`id\` of the answer as \`user_id\`; after midnight UTC the
  lottery of the day is closed, and its winner can be looked up. What operators do needs a token (\`npm run token\`), which
  is given at *Authorize*.
- **Retrying a submit** is safe with an \`Idempotency-Key\`: the same key, user and date always give the same ballot.`

/** Content security policy of the docs pages. They load their own files, and images within their style sheet. */
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

/** Makes the pages fit phones. The page of @fastify/swagger-ui does not say so itself. */
const VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'

/**
 * Serves an OpenAPI 3.1 document of the routes' schemas at /openapi.json, and a page that shows it at /docs. The page has
 * today in the place of the day of the examples, so that an example that is sent as it is succeeds. Must be called before
 * the routes are registered.
 */
export async function registerDocs(app: FastifyInstance, clock: Clock = Date): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Lottery Service',
        description: DESCRIPTION,
        version: '1.0.0',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [
        { url: '/', description: 'This service' },
        { url: V1_PREFIX, description: 'The same paths as version 1' },
      ],
      security: [],
      tags: [
        { name: 'users', description: 'People who take part' },
        { name: 'ballots', description: 'Entries in a lottery' },
        { name: 'lotteries', description: 'Lotteries, one for each UTC day' },
        { name: 'ledger', description: 'Data and proofs with which anyone can verify a draw' },
        { name: 'audit', description: 'All events of the service, in one append-only log' },
        { name: 'events', description: 'Schemas of the published events' },
        { name: 'webhooks', description: 'Events sent by HTTP, for consumers without Kafka' },
        { name: 'operations', description: 'Health and metrics, for operators' },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Access token of the configured issuer, or of the service itself (`npm run token`)',
          },
          internalToken: {
            type: 'apiKey',
            in: 'header',
            name: 'X-Internal-Token',
            description: 'The value of `INTERNAL_CLOSE_TOKEN`. Without that setting, every token is refused.',
          },
        },
      },
    },
    ...openApiTransforms(),
  })
  await app.register(async (docs) => {
    docs.addHook('onSend', async (_request, _reply, payload) =>
      typeof payload === 'string' ? payload.replace('<head>', `<head>${VIEWPORT}`) : payload,
    )
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: PAGE_POLICY,
      transformSpecificationClone: false,
      transformSpecification: (document) =>
        JSON.parse(
          JSON.stringify(document).replaceAll(EXAMPLE_DAY, new Date(clock.now()).toISOString().slice(0, 10)),
        ) as typeof document,
      theme: { title: 'Lottery Service' },
      // BaseLayout has no bar for opening other documents, which the policy would block anyway.
      uiConfig: { layout: 'BaseLayout', tryItOutEnabled: true, displayRequestDuration: true },
    })
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
