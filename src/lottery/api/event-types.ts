import { z } from 'zod'
import { EXAMPLE_HASH, hexSchema } from '../../ledger/api/tree-schemas.ts'
import { type EventType, EXAMPLE_CAUSE } from '../../shared/api/event-types.ts'
import { EXAMPLE_USER_ID, instantSchema, uuidSchema } from '../../shared/api/schemas.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { DRAW_VERSION } from '../domain/lottery-events.ts'
import { entropySchema } from './entropy-schema.ts'
import { ballotSchema, EXAMPLE_BALLOT_ID, EXAMPLE_DATE, lotterySchema, OPEN_LOTTERY } from './schemas.ts'

const { date } = lotterySchema.shape
const EXAMPLE_EVENT_ID = '0190f5fe-7c00-7a00-8000-0000000000e1'
const aggregate = `lottery/${EXAMPLE_DATE}`
const midnight = CalendarDate.endOf(EXAMPLE_DATE)

const sealHash = hexSchema.meta({ description: 'Hash of the seal, which every input of the draw is part of' })
const prizes = z.int().min(1).max(100).meta({ description: 'Number of prizes' })
const attempt = z.literal(0).meta({ description: 'A lottery is sealed and drawn once' })

const createdSchema = z.object({ date, draw: z.literal(DRAW_VERSION), prizes, entropy: entropySchema }).meta({
  description: 'The day of a lottery, and the randomness that it will be drawn with',
  examples: [
    {
      date: EXAMPLE_DATE,
      draw: DRAW_VERSION,
      prizes: 1,
      entropy: { kind: 'commit-reveal', commitment: EXAMPLE_HASH },
    },
  ],
})

const sealedSchema = z
  .object({
    date,
    created_event_id: uuidSchema.meta({ description: 'The event of the creation' }),
    attempt,
    prizes,
    ballot_count: z.int().nonnegative().meta({ description: 'Number of ballots, including those that cannot win' }),
    root: hexSchema.meta({ description: 'Root of the final ledger' }),
    excluded_count: z
      .int()
      .nonnegative()
      .meta({ description: 'Number of ballots that cannot win because their users are banned' }),
    exclusions_hash: hexSchema,
    kind: z.enum(['commit-reveal', 'drand']),
    source: hexSchema.meta({ description: 'The commitment or the chain hash' }),
    round: z.int().nonnegative().meta({ description: 'Round of the beacon; 0 without a beacon' }),
    sealed_at: instantSchema,
    previous_seal_hash: hexSchema.meta({ description: 'Seal hash of the lottery sealed before; zeros for the first' }),
    seal_hash: sealHash,
  })
  .meta({
    description: 'Every input of a draw except the randomness',
    examples: [
      {
        date: EXAMPLE_DATE,
        created_event_id: EXAMPLE_EVENT_ID,
        attempt: 0,
        prizes: 1,
        ballot_count: 3,
        root: EXAMPLE_HASH,
        excluded_count: 0,
        exclusions_hash: EXAMPLE_HASH,
        kind: 'commit-reveal',
        source: EXAMPLE_HASH,
        round: 0,
        sealed_at: new Date(midnight).toISOString(),
        previous_seal_hash: '00'.repeat(32),
        seal_hash: EXAMPLE_HASH,
      },
    ],
  })

const closedSchema = z
  .object({
    date,
    attempt,
    seal_hash: sealHash,
    reveal: z
      .string()
      .regex(/^[0-9a-f]+$/)
      .meta({ description: 'The secret, or the signature of the beacon, in hex' }),
    winners: z
      .array(
        z.object({
          rank: z.int().positive(),
          ordinal: ballotSchema.shape.ordinal,
          ballot_id: uuidSchema,
          user_id: uuidSchema,
        }),
      )
      .meta({ description: 'The winning ballots by rank; empty when no ballot could win' }),
  })
  .meta({
    description: 'The result of a lottery',
    examples: [
      {
        date: EXAMPLE_DATE,
        attempt: 0,
        seal_hash: EXAMPLE_HASH,
        reveal: EXAMPLE_HASH,
        winners: [{ rank: 1, ordinal: 1, ballot_id: EXAMPLE_BALLOT_ID, user_id: EXAMPLE_USER_ID }],
      },
    ],
  })

export const lotteryEvents: readonly EventType[] = [
  {
    type: 'lottery.created.v1',
    summary: 'A lottery was created and accepts ballots',
    data: createdSchema,
    example: { aggregate, seq: 1, occurredAt: Date.parse(OPEN_LOTTERY.created_at), cause: EXAMPLE_CAUSE },
  },
  {
    type: 'lottery.sealed.v1',
    summary: 'A lottery was sealed; the ballots of its draw are final',
    data: sealedSchema,
    example: { aggregate, seq: 2, occurredAt: midnight, cause: CAUSED_BY_SERVICE },
  },
  {
    type: 'lottery.closed.v1',
    summary: 'A lottery was drawn; its result is final',
    data: closedSchema,
    example: { aggregate, seq: 3, occurredAt: midnight, cause: CAUSED_BY_SERVICE },
  },
]
