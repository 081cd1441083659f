import type { FastifyPluginAsync } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { HeaderNotes } from '../../shared/api/answer.ts'
import type { EventType } from '../../shared/api/event-types.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { asyncApi } from './asyncapi.ts'
import { EventTypeNotFound } from './errors.ts'
import { jsonSchemaOf, SCHEMAS_PATH, schemaFileOf } from './event-schemas.ts'

const CACHE_CONTROL = 'public, max-age=86400'
const CACHE_HEADERS: Record<string, HeaderNotes> = {
  'Cache-Control': { type: 'string', description: 'Caches can keep the schema for a day', example: CACHE_CONTROL },
}
const EXAMPLE_FILE = 'lottery.closed.v1.json'

const byFile = z.object({
  file: z.string().meta({ description: 'The event type, followed by `.json`', examples: [EXAMPLE_FILE] }),
})

/** Serves a JSON Schema of each event type, at the URL in its `dataschema`. */
export function eventRoutes(types: readonly EventType[]): FastifyPluginAsyncZod {
  const schemas = new Map(types.map((eventType) => [schemaFileOf(eventType), jsonSchemaOf(eventType)]))
  return async (app) => {
    app.get(
      `${SCHEMAS_PATH}/:file`,
      {
        config: { access: 'read' },
        schema: {
          tags: ['events'],
          operationId: 'getEventSchema',
          summary: 'Get the JSON Schema of the data of an event type',
          description:
            'Fields may be added to a schema. Any other change makes a new event type with a schema of its own.',
          params: byFile,
          response: {
            200: {
              description: 'A JSON Schema of draft 2020-12',
              headers: CACHE_HEADERS,
              content: { 'application/schema+json': { schema: z.looseObject({}) } },
            },
            ...refusals(new EventTypeNotFound(EXAMPLE_FILE.replace('closed', 'vanished'))),
          },
        },
      },
      async ({ params: { file } }, reply) => {
        const schema = schemas.get(file)
        if (!schema) throw new EventTypeNotFound(file)
        return reply.type('application/schema+json').header('cache-control', CACHE_CONTROL).send(schema)
      },
    )
  }
}

/** Serves one AsyncAPI document of all event types, which are published on this Kafka topic. */
export function asyncApiRoute(types: readonly EventType[], topic: string): FastifyPluginAsync {
  const document = asyncApi(types, { topic })
  return async (app) => {
    app.get('/asyncapi.json', { schema: { hide: true } }, async () => document)
  }
}
