import type { EventType } from '../../shared/api/event-types.ts'
import { eventHeadersSchema, exampleHeaders } from './event-headers.ts'
import { type JsonSchema, toJsonSchema } from './event-schemas.ts'

type Json = Readonly<Record<string, unknown>>

const DESCRIPTION = `Events of the Lottery Service, as CloudEvents 1.0 on Kafka, in binary mode.

- **Delivery** is at least once: an event can be delivered again, even after later events. Its \`ce_id\` stays the same:
  ignore events that you have handled.
- **Order** holds within each aggregate (\`ce_subject\`, the key of the record): the first delivery of an event comes after
  those of all earlier events of its aggregate, and \`ce_sequence\` counts them without gaps. Events of different aggregates
  have no order.
- **Types** have a version. Fields can be added to a type; any other change makes a new version. Ignore fields and types
  that you do not know.
- **The value** of a record is the event's data, as JSON. The headers hold everything else.`

const KAFKA_BINDING = '0.5.0'
const HEADERS = 'EventHeaders'

/** Builds an AsyncAPI 3.0 document of these event types, all on one Kafka topic. */
export function asyncApi(types: readonly EventType[], { topic }: { readonly topic: string }): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Lottery Service',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    defaultContentType: 'application/json',
    channels: {
      events: {
        address: topic,
        title: 'Events',
        description: 'All events, in one Kafka topic',
        messages: byType(types, ({ type }) => ({ $ref: `#/components/messages/${type}` })),
        bindings: { kafka: { topic, bindingVersion: KAFKA_BINDING } },
      },
    },
    operations: {
      publishEvents: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        title: 'Publish events',
        summary: 'An event is sent after it is stored, and sent again until the broker acknowledges it',
      },
    },
    components: {
      messages: byType(types, messageOf),
      schemas: { [HEADERS]: toJsonSchema(eventHeadersSchema), ...byType(types, payloadOf) },
    },
  }
}

function messageOf(eventType: EventType): Json {
  const { type, summary, data } = eventType
  const { examples: [payload] = [] } = data.meta() as { readonly examples?: readonly unknown[] }
  return {
    name: type,
    title: type,
    summary,
    contentType: 'application/json',
    headers: { $ref: `#/components/schemas/${HEADERS}` },
    payload: { $ref: `#/components/schemas/${type}` },
    bindings: { kafka: { key: keySchema(eventType), bindingVersion: KAFKA_BINDING } },
    examples: [{ name: type, summary, headers: exampleHeaders(eventType), payload }],
  }
}

/** JSON Schema without `$id`: the document refers to it by the name of its component. */
function payloadOf({ type, data }: EventType): JsonSchema {
  return { title: type, ...toJsonSchema(data) }
}

function keySchema({ example }: EventType): JsonSchema {
  return { type: 'string', description: 'The aggregate, as in `ce_subject`', examples: [example.aggregate] }
}

function byType<T>(types: readonly EventType[], map: (eventType: EventType) => T): Record<string, T> {
  return Object.fromEntries(types.map((eventType) => [eventType.type, map(eventType)]))
}
