import { z } from 'zod'
import { EXAMPLE_HASH, inclusionProofFields } from '../../ledger/api/tree-schemas.ts'
import type { EventType } from '../../shared/api/event-types.ts'
import { pageOf } from '../../shared/api/page.ts'
import { instantSchema, uuidSchema } from '../../shared/api/schemas.ts'

const EXAMPLE_EVENT_ID = '0190f5fe-7c00-7a00-8000-0000000000e1'

/** The name of an aggregate in a request: its kind and its id. */
export const aggregateSchema = z
  .string()
  .max(200)
  .regex(/^[a-z-]+\/[!-~]+$/, 'Must be a kind and an id, such as lottery/2026-11-22')
  .meta({ examples: ['lottery/2026-11-22'] })

/** An event of any type, so that events of types that the service no longer has, or does not have yet, are written too. */
const eventSchema = z.object({
  id: uuidSchema,
  type: z.string(),
  aggregate: z.string().meta({ description: 'The aggregate that the event changed' }),
  seq: z.int().meta({ description: 'Number of the event within its aggregate, from 1, without gaps' }),
  occurred_at: instantSchema,
  actor: z.string().meta({
    description: '`anonymous`, `internal-token`, `service`, or the role and pseudonym of a caller with a token',
  }),
  request_id: z
    .string()
    .nullable()
    .meta({ description: '`X-Request-Id` of the request that caused the event; null without a request' }),
  data: z.record(z.string(), z.unknown()),
})

const EXAMPLE_ENTRY = {
  index: 0,
  event: {
    id: EXAMPLE_EVENT_ID,
    type: 'lottery.created.v1',
    aggregate: 'lottery/2026-11-22',
    seq: 1,
    occurred_at: '2026-11-22T00:00:00.017Z',
    actor: 'anonymous',
    request_id: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11',
    data: { date: '2026-11-22' },
  },
}

export const auditLogPageSchema = pageOf(entryOf(eventSchema), 'AuditPage')

const envelopeSchema = eventSchema.meta({
  id: 'AuditEventEnvelope',
  description: 'What events of all types have',
  examples: [EXAMPLE_ENTRY.event],
})

/** The page as programs see it: an event is one of these types, and its `type` determines its `data`. */
export function auditLogPageOf(eventTypes: readonly EventType[]) {
  const mapping = Object.fromEntries(eventTypes.map(({ type }) => [type, `#/components/schemas/${componentOf(type)}`]))
  const event = z.xor(eventTypes.map(eventOf)).meta({
    id: 'AuditEvent',
    description:
      'The event. Its canonical JSON (RFC 8785) is the leaf of the tree. `type` determines the schema of `data`. Later ' +
      'versions add types: accept events of types that you do not know.',
    discriminator: { propertyName: 'type', mapping },
  })
  return pageOf(entryOf(event), 'AuditPage')
}

function entryOf<Event extends z.ZodType>(event: Event) {
  return z
    .object({ index: z.int().meta({ description: 'Position in the audit log, from 0, without gaps' }), event })
    .meta({ id: 'AuditEntry', description: 'An event in the audit log', examples: [EXAMPLE_ENTRY] })
}

function eventOf({ type, summary, data }: EventType) {
  const own = z.object({ type: z.literal(type), data })
  return envelopeSchema.and(own).meta({ id: componentOf(type), description: summary })
}

/** Name of the component of an event type, such as `LotteryClosedV1`. */
function componentOf(type: string): string {
  return type.replace(/(?:^|[._])([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}

export const auditLogProofSchema = z.object({ index: z.int(), ...inclusionProofFields }).meta({
  id: 'AuditProof',
  description: 'Proof that an entry of the audit log is a leaf of the tree with this root',
  examples: [{ index: 0, size: 2, leaf_hash: EXAMPLE_HASH, root: EXAMPLE_HASH, proof: [EXAMPLE_HASH] }],
})
