import type { EventType } from '../../shared/api/event-types.ts'
import { eventHeadersSchema, exampleHeaders } from './event-headers.ts'
import { type JsonSchema, toJsonSchema } from './event-schemas.ts'

type Json = Readonly<Record<string, unknown>>

const DESCRIPTION = `What happens in the Lottery Service, as CloudEvents 1.0 on Kafka, in binary mode.

- **Delivery** is at least once: an event can come again, also after later ones. Its \`ce_id\` is the same each time: drop
  those that you have handled.
- **Order** holds within each aggregate (\`ce_subject\`, the key of the record): an event first comes after all
  earlier ones of its aggregate, and \`ce_sequence\` counts them without gaps. Between aggregates there is no order.
- **Types** carry a version. Fields can be added to a type; whatever else changes makes a new version, so ignore fields and
  types that you do not know.
- **The value** is the event's data alone, as JSON; all else stands in the headers.`

const KAFKA_BINDING = '0.5.0'
const HEADERS = 'EventHeaders'

/** An AsyncAPI 3.0 document of these types of events, all on one topic of Kafka. */
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
        description: 'Everything that happens, in one topic of Kafka',
        messages: byType(types, ({ type }) => ({ $ref: `#/components/messages/${type}` })),
        bindings: { kafka: { topic, bindingVersion: KAFKA_BINDING } },
      },
    },
    operations: {
      publishEvents: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        title: 'Publish events',
        summary: 'Each event is sent once it is stored, and again until the broker has acknowledged it',
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

/** The JSON Schema without its name: within the document it is known by its component. */
function payloadOf({ type, data }: EventType): JsonSchema {
  return { title: type, ...toJsonSchema(data) }
}

function keySchema({ example }: EventType): JsonSchema {
  return { type: 'string', description: 'The aggregate, as in `ce_subject`', examples: [example.aggregate] }
}

function byType<T>(types: readonly EventType[], map: (eventType: EventType) => T): Record<string, T> {
  return Object.fromEntries(types.map((eventType) => [eventType.type, map(eventType)]))
}
