import { z } from 'zod'
import { problemSchemaOf } from '../../shared/api/problem.ts'
import { problemOf } from '../../shared/api/problem-of.ts'
import { EXAMPLE_USER_ID, userIdSchema } from '../../shared/api/schemas.ts'
import { EXAMPLE_RECEIPT, receiptSchema } from './receipt-schema.ts'
import { refusalExamples } from './refusal-examples.ts'
import { dateSchema, EXAMPLE_DATE, idempotencyKeySchema } from './schemas.ts'

const MAX_BALLOTS = 1_000
const NONE_OR_TOO_MANY = 'Must have 1 to 1,000 ballots; send more of them in several batches'

const EXAMPLE_PROBLEM = problemOf(refusalExamples.userBanned, { id: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' })

const batchBallotSchema = z
  .strictObject({
    user_id: userIdSchema,
    date: dateSchema,
    idempotency_key: idempotencyKeySchema.optional().meta({
      description:
        'As the header `Idempotency-Key` of a single submit: equal keys of one user for one date give one ballot',
    }),
  })
  .meta({
    id: 'BatchBallot',
    description: 'A ballot of a batch',
    examples: [{ user_id: EXAMPLE_USER_ID, date: EXAMPLE_DATE, idempotency_key: 'order-4711' }],
  })

export const newBatchSchema = z
  .strictObject({
    ballots: z.array(batchBallotSchema).min(1, NONE_OR_TOO_MANY).max(MAX_BALLOTS, NONE_OR_TOO_MANY),
  })
  .meta({
    id: 'NewBatch',
    description: 'Ballots of any users and days',
    examples: [{ ballots: [{ user_id: EXAMPLE_USER_ID, date: EXAMPLE_DATE, idempotency_key: 'order-4711' }] }],
  })

const acceptedSchema = z.object({
  status: z.literal(201),
  receipt: receiptSchema,
  replayed: z.boolean().meta({ description: 'Whether the ballot was stored before, under the same key' }),
})

const refusedSchema = z.object({
  status: z.int().meta({ description: 'That of the problem' }),
  problem: problemSchemaOf([
    'archive_unavailable',
    'database_unavailable',
    'internal_error',
    'lottery_closed',
    'lottery_date_past',
    'lottery_date_too_far',
    'outcome_unknown',
    'overloaded',
    'user_banned',
    'user_not_found',
  ]),
})

/** Only documents the response. The service writes it without this schema, because there can be a thousand receipts. */
export const batchResultsSchema = z.object({ results: z.array(z.union([acceptedSchema, refusedSchema])) }).meta({
  id: 'BatchResults',
  description: 'The result of each ballot, in the order of the batch',
  examples: [
    {
      results: [
        { status: 201, receipt: EXAMPLE_RECEIPT, replayed: false },
        { status: EXAMPLE_PROBLEM.status, problem: EXAMPLE_PROBLEM },
      ],
    },
  ],
})
