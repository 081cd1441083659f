import { z } from 'zod'
import { EXAMPLE_HASH, inclusionProofFields } from '../../ledger/api/tree-schemas.ts'
import { pageOf } from '../../shared/api/page.ts'
import { instantSchema, uuidSchema } from '../../shared/api/schemas.ts'

/** The name of an aggregate in a request: its kind and its id. */
export const aggregateSchema = z
  .string()
  .max(200)
  .regex(/^[a-z-]+\/[!-~]+$/, 'Must be a kind and an id, such as lottery/2026-11-22')
  .meta({ examples: ['lottery/2026-11-22'] })

const eventSchema = z.object({
  id: uuidSchema,
  type: z.string(),
  aggregate: z.string().meta({ description: 'The aggregate that the event changed' }),
  seq: z.int().meta({ description: 'Number of the event within its aggregate, from 1, without gaps' }),
  occurred_at: instantSchema,
  actor: z.string().meta({ description: 'Actor: `anonymous`, `internal-token` or `service`' }),
  request_id: z
    .string()
    .nullable()
    .meta({ description: '`X-Request-Id` of the request that caused the event; null without a request' }),
  data: z.record(z.string(), z.unknown()),
})

const entrySchema = z
  .object({
    index: z.int().meta({ description: 'Position in the audit log, from 0, without gaps' }),
    event: eventSchema.meta({ description: 'Its canonical JSON (RFC 8785) is the leaf of the tree' }),
  })
  .meta({
    id: 'AuditEntry',
    description: 'An event in the audit log',
    examples: [
      {
        index: 0,
        event: {
          id: '0190f5fe-7c00-7a00-8000-0000000000e1',
          type: 'lottery.created.v1',
          aggregate: 'lottery/2026-11-22',
          seq: 1,
          occurred_at: '2026-11-22T00:00:00.017Z',
          actor: 'anonymous',
          request_id: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11',
          data: { date: '2026-11-22' },
        },
      },
    ],
  })

export const auditLogPageSchema = pageOf(entrySchema, 'AuditPage')

export const auditLogProofSchema = z.object({ index: z.int(), ...inclusionProofFields }).meta({
  id: 'AuditProof',
  description: 'Proof that an entry of the audit log is a leaf of the tree with this root',
  examples: [{ index: 0, size: 2, leaf_hash: EXAMPLE_HASH, root: EXAMPLE_HASH, proof: [EXAMPLE_HASH] }],
})
