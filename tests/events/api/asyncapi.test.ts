import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EVENT_TYPES } from '../../../src/app.ts'
import { eventHeadersSchema } from '../../../src/events/api/event-headers.ts'
import { asyncApiRoute, eventRoutes } from '../../../src/events/api/event-routes.ts'
import { jsonSchemaOf } from '../../../src/events/api/event-schemas.ts'
import { registerDocs } from '../../../src/shared/api/docs.ts'
import { registerErrorHandler } from '../../../src/shared/api/error-handler.ts'
import { ASYNCAPI_FILE, asyncApiText, TOPIC } from '../../support/api-documents.ts'

interface Message {
  readonly name: string
  readonly examples: { readonly headers: Record<string, string>; readonly payload: unknown }[]
  readonly bindings: { readonly kafka: { readonly key: { readonly examples: string[] } } }
}
interface Document {
  readonly channels: { readonly events: { readonly address: string; readonly messages: Record<string, object> } }
  readonly components: { readonly messages: Record<string, Message>; readonly schemas: Record<string, object> }
}

const TYPES = EVENT_TYPES.map(({ type }) => type)
const text = await readFile(ASYNCAPI_FILE, 'utf8')
const document: Document = JSON.parse(text)
const { messages, schemas } = document.components

describe('asyncapi.json', () => {
  it('is up to date; if not, run npm run generate', () => {
    expect(asyncApiText()).toBe(text)
  })

  it('has one message for every event type, all in the one channel of the topic', () => {
    expect(Object.keys(messages)).toEqual(TYPES)
    expect(Object.keys(document.channels.events.messages)).toEqual(TYPES)
    expect(document.channels.events.address).toBe(TOPIC)
  })

  it('refers only to components that it has, and uses every one', () => {
    const used = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, ref = '']) => ref)

    expect([...new Set(used)].sort()).toEqual(
      [
        '#/channels/events',
        ...Object.keys(messages).map((name) => `#/components/messages/${name}`),
        ...Object.keys(schemas).map((name) => `#/components/schemas/${name}`),
      ].sort(),
    )
  })

  it.each(EVENT_TYPES)('has the JSON Schema of $type as its data', (eventType) => {
    const { $schema: _schema, $id: _id, ...schema } = jsonSchemaOf(eventType)

    expect(schemas[eventType.type]).toEqual(schema)
  })

  it.each(EVENT_TYPES)('shows a complete record of $type', ({ type, data }) => {
    const { name, examples, bindings } = messages[type] as Message
    const [example] = examples

    expect(name).toBe(type)
    expect(eventHeadersSchema.parse(example?.headers)).toEqual(example?.headers)
    expect(data.parse(example?.payload)).toEqual(example?.payload)
    expect(example?.headers).toMatchObject({
      ce_type: type,
      ce_dataschema: expect.stringMatching(`/events/schemas/${type}.json$`),
      ce_subject: bindings.kafka.key.examples[0],
    })
  })

  it('is served', async () => {
    const app = await serveEvents()

    const answer = await app.inject('/asyncapi.json')

    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual(document)
  })

  it('names the topic that the service publishes to', async () => {
    const app = await serveEvents('another.topic')

    const { channels }: Document = (await app.inject('/asyncapi.json')).json()

    expect(channels.events).toMatchObject({ address: 'another.topic', bindings: { kafka: { topic: 'another.topic' } } })
  })
})

describe('GET /events/schemas/:file', () => {
  it.each(EVENT_TYPES)('serves the schema of $type at its id, cacheable for a day', async (eventType) => {
    const app = await serveEvents()
    const schema = jsonSchemaOf(eventType)

    const { statusCode, headers, payload } = await app.inject(schema.$id)

    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('application/schema+json; charset=utf-8')
    expect(headers['cache-control']).toBe('public, max-age=86400')
    expect(payload).toBe(JSON.stringify(schema))
  })

  it.each(['lottery.closed.v2.json', 'lottery.closed.v1', 'constructor', '..%2Fpackage.json'])(
    'answers 404 for %s',
    async (file) => {
      const app = await serveEvents()

      const answer = await app.inject(`/events/schemas/${file}`)

      expect(answer.statusCode).toBe(404)
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(answer.headers['cache-control']).toBeUndefined()
      expect(answer.json()).toMatchObject({
        type: 'urn:lottery:problem:event_type_not_found',
        code: 'event_type_not_found',
        detail: `There is no event type with the schema ${decodeURIComponent(file)}.`,
        request_id: answer.headers['x-request-id'],
      })
    },
  )

  it('is in the OpenAPI document, unlike the route of the AsyncAPI document', async () => {
    const app = await serveEvents()

    expect(Object.keys(app.swagger().paths ?? {})).toEqual(['/events/schemas/{file}'])
    expect(app.swagger().paths?.['/events/schemas/{file}']?.get).toMatchObject({
      operationId: 'getEventSchema',
      tags: ['events'],
      responses: {
        200: { content: { 'application/schema+json': { schema: { type: 'object' } } } },
        404: { $ref: '#/components/responses/EventTypeNotFound' },
      },
    })
  })
})

/** Serves only these routes, with the settings of app.ts. The server closes when the test ends. */
async function serveEvents(topic = TOPIC): Promise<FastifyInstance> {
  const app = Fastify({ genReqId: () => randomUUID() })
  onTestFinished(() => app.close())
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerErrorHandler(app)
  await registerDocs(app)
  await app.register(eventRoutes(EVENT_TYPES))
  await app.register(asyncApiRoute(EVENT_TYPES, topic))
  await app.ready()
  return app
}
