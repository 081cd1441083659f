import { z } from 'zod'
import { EXAMPLE_HASH, hexSchema } from '../../ledger/api/tree-schemas.ts'
import { EXAMPLE_USER_ID, uuidSchema } from '../../shared/api/schemas.ts'
import { DRAW_VERSION } from '../domain/lottery-events.ts'
import { EXAMPLE_CHECKPOINT } from './receipt-schema.ts'
import { EXAMPLE_BALLOT_ID, EXAMPLE_DATE } from './schemas.ts'

const noteSchema = z.string().meta({ description: 'Signed note' })
const ordinalSchema = z.int().positive()
const proofSchema = z.array(hexSchema)

const commitReveal = z.object({ kind: z.literal('commit-reveal'), commitment: hexSchema, secret: hexSchema })
const drand = z.object({
  kind: z.literal('drand'),
  chain_hash: hexSchema,
  public_key: hexSchema,
  period: z.int().positive(),
  genesis: z.int().positive(),
  group_hash: hexSchema,
  beacon_id: z.string().meta({ examples: ['quicknet'] }),
  scheme: z.string().meta({ examples: ['bls-unchained-g1-rfc9380'] }),
  round: z.int().positive(),
  signature: hexSchema,
})

const provedEvent = z
  .object({
    index: z.int().nonnegative(),
    event: z.record(z.string(), z.unknown()).meta({ description: 'The event as the audit log holds it' }),
    proof: proofSchema,
  })
  .meta({
    id: 'ProvedEvent',
    description: 'An event of the audit log, with its proof in the checkpoint',
    examples: [{ index: 0, event: { type: 'lottery.created.v1' }, proof: [] }],
  })

const winner = z.object({
  rank: z.int().positive(),
  ordinal: ordinalSchema,
  ballot_id: uuidSchema,
  user_id: uuidSchema,
  salt: hexSchema,
  entry: hexSchema,
  proof: proofSchema,
})

const exclusion = z.object({
  ordinal: ordinalSchema,
  reason: z.literal('banned'),
  event_id: uuidSchema.meta({ description: 'Event of the ban' }),
  user_id: uuidSchema,
  salt: hexSchema,
})

const EXAMPLE_PROVED = { index: 0, event: { type: 'lottery.created.v1' }, proof: [] }

/** Evidence document of lottery-draw-v2 section 5. */
export const evidenceSchema = z
  .object({
    version: z.literal(DRAW_VERSION),
    lottery_date: z.string().meta({ format: 'date' }),
    ballot_count: z.int().nonnegative(),
    root: hexSchema,
    seal: hexSchema,
    seal_hash: hexSchema,
    checkpoint: noteSchema.meta({ description: 'Signed note over the final ledger' }),
    verifier_key: z.string().meta({ description: 'C2SP verifier key of the checkpoints' }),
    entropy: z.discriminatedUnion('kind', [commitReveal, drand]),
    seed: hexSchema,
    prizes: z.int().positive(),
    winners: z.array(winner).meta({ description: 'By rank; empty when no ballot could win' }),
    audit: z.object({
      checkpoint: noteSchema.meta({ description: 'Signed note over the audit log up to the closed event' }),
      created: provedEvent,
      sealed: provedEvent,
      closed: provedEvent,
      witnessed: z
        .object({ checkpoint: noteSchema, proof: proofSchema })
        .nullable()
        .meta({ description: 'The earliest cosigned checkpoint that covers the sealed event, and its proof there' }),
    }),
    exclusions: z.array(exclusion).meta({ description: 'The ballots that could not win, by ordinal' }),
  })
  .meta({
    id: 'Evidence',
    description: 'Document with which an outsider recomputes a draw offline',
    examples: [
      {
        version: DRAW_VERSION,
        lottery_date: EXAMPLE_DATE,
        ballot_count: 1,
        root: EXAMPLE_HASH,
        seal: EXAMPLE_HASH.repeat(6).slice(0, 346),
        seal_hash: EXAMPLE_HASH,
        checkpoint: EXAMPLE_CHECKPOINT,
        verifier_key: `lottery.local+00000000+${Buffer.alloc(33).toString('base64')}`,
        entropy: { kind: 'commit-reveal', commitment: EXAMPLE_HASH, secret: EXAMPLE_HASH },
        seed: EXAMPLE_HASH,
        prizes: 1,
        winners: [
          {
            rank: 1,
            ordinal: 1,
            ballot_id: EXAMPLE_BALLOT_ID,
            user_id: EXAMPLE_USER_ID,
            salt: '000102030405060708090a0b0c0d0e0f',
            entry: EXAMPLE_HASH + EXAMPLE_HASH,
            proof: [],
          },
        ],
        audit: {
          checkpoint: EXAMPLE_CHECKPOINT,
          created: EXAMPLE_PROVED,
          sealed: EXAMPLE_PROVED,
          closed: EXAMPLE_PROVED,
          witnessed: null,
        },
        exclusions: [],
      },
    ],
  })

export type EvidenceBody = z.infer<typeof evidenceSchema>
