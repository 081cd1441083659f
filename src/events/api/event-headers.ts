import { z } from 'zod'
import type { EventType } from '../../shared/api/event-types.ts'
import { REQUEST_ID } from '../../shared/api/request-id.ts'
import { instantSchema, uuidSchema } from '../../shared/api/schemas.ts'
import { cloudEventOf } from '../domain/cloud-event.ts'
import { SCHEMAS_PATH } from './event-schemas.ts'

const EXAMPLE_SOURCE = { source: '//lottery.local', schemas: `https://lottery.example${SCHEMAS_PATH}` }
const EXAMPLE_EVENT_ID = '0190f5fe-7c00-7a00-8000-0000000000e1'

/** Headers of a record: CloudEvents 1.0 in the binary mode of its Kafka binding, section 3.2. */
export const eventHeadersSchema = z
  .object({
    ce_specversion: z.literal('1.0'),
    ce_id: uuidSchema.meta({ description: 'Id of the event, the same in every delivery' }),
    ce_type: z
      .string()
      .meta({ description: 'Name and version of the event type, which determines the schema of the value' }),
    ce_source: z
      .string()
      .meta({ format: 'uri-reference', description: 'The service, identified by the name of its ledgers' }),
    ce_subject: z.string().meta({ description: 'The aggregate that the event changed; also the key of the record' }),
    ce_time: instantSchema.meta({ description: 'Time of the event' }),
    ce_dataschema: z.string().meta({ format: 'uri', description: 'URL of the JSON Schema of the value' }),
    ce_sequence: z
      .string()
      .regex(/^\d{20}$/)
      .meta({
        description: 'Number of the event within its aggregate, from 1, without gaps; padded so that it sorts as text',
      }),
    ce_actor: z
      .string()
      .regex(/^[a-z-]+(:[0-9a-f]{32})?$/)
      .meta({
        description:
          '`anonymous`, `internal-token`, `service`, or the role and pseudonym of a caller with a token, as in `operator:` and 32 hex digits',
      }),
    ce_requestid: z.string().regex(REQUEST_ID).optional().meta({
      description:
        '`X-Request-Id` of the HTTP request that caused the event: a UUID, or the text that a trusted proxy sent; absent without a request',
    }),
    'content-type': z.literal('application/json'),
  })
  .meta({ description: 'Attributes of CloudEvents 1.0, one header each' })

/** The headers of an event type's example. */
export function exampleHeaders({ type, example }: EventType): Readonly<Record<string, string>> {
  const { attributes } = cloudEventOf({ ...example, id: EXAMPLE_EVENT_ID, type, data: {} }, EXAMPLE_SOURCE)
  const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value])
  return { ...Object.fromEntries(headers), 'content-type': 'application/json' }
}
