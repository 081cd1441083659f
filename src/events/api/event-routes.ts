import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { HeaderNotes } from '../../shared/api/answer.ts'
import type { EventType } from '../../shared/api/event-types.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { asyncApi } from './asyncapi.ts'
import { EventTypeNotFound } from './errors.ts'
import { jsonSchemaOf, SCHEMAS_PATH, schemaFileOf } from './event-schemas.ts'

export interface PublishedEvents {
  readonly types: readonly EventType[]
  /** Kafka topic of all events. */
  readonly topic: string
}

const CACHE_CONTROL = 'public, max-age=86400'
const CACHE_HEADERS: Record<string, HeaderNotes> = {
  'Cache-Control': { type: 'string', description: 'Caches can keep the schema for a day', example: CACHE_CONTROL },
}
const EXAMPLE_FILE = 'lottery.closed.v1.json'

const byFile = z.object({
  file: z.string().meta({ description: 'The event type, followed by `.json`', examples: [EXAMPLE_FILE] }),
})

/** Serves a JSON Schema of each event type, at the URL in its `dataschema`, and one AsyncAPI document of all types. */
export function eventRoutes({ types, topic }: PublishedEvents): FastifyPluginAsyncZod {
  const schemas = new Map(types.map((eventType) => [schemaFileOf(eventType), jsonSchemaOf(eventType)]))
  const document = asyncApi(types, { topic })
  return async (app) => {
    app.get(
      `${SCHEMAS_PATH}/:file`,
      {
        schema: {
          tags: ['events'],
          operationId: 'getEventSchema',
          summary: 'Get the JSON Schema of the data of an event type',
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

    app.get('/asyncapi.json', { schema: { hide: true } }, async () => document)
  }
}
