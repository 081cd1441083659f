import { z } from 'zod'
import { type EventType, EXAMPLE_CAUSE } from '../../shared/api/event-types.ts'
import { EXAMPLE_USER_ID, uuidSchema } from '../../shared/api/schemas.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { ballotSchema, EXAMPLE_BALLOT_ID, EXAMPLE_DATE, lotterySchema, OPEN_LOTTERY } from './schemas.ts'

const { date } = lotterySchema.shape
const ballotCount = z.int().nonnegative().meta({ description: 'Number of ballots, including those that cannot win' })
const aggregate = `lottery/${EXAMPLE_DATE}`
const midnight = CalendarDate.endOf(EXAMPLE_DATE)

const closedSchema = z
  .object({
    date,
    ballot_count: ballotCount,
    winner: z
      .object({ ballot_id: uuidSchema, ordinal: ballotSchema.shape.ordinal, user_id: uuidSchema })
      .nullable()
      .meta({ description: 'The winning ballot; null when no ballot could win' }),
    evidence: z.string().meta({
      format: 'uri-reference',
      description: 'Path on the service of the evidence with which the lottery is drawn again',
    }),
  })
  .meta({
    description: 'The result of a lottery',
    examples: [
      {
        date: EXAMPLE_DATE,
        ballot_count: 3,
        winner: { ballot_id: EXAMPLE_BALLOT_ID, ordinal: 1, user_id: EXAMPLE_USER_ID },
        evidence: `/lotteries/${EXAMPLE_DATE}/evidence`,
      },
      { date: EXAMPLE_DATE, ballot_count: 0, winner: null, evidence: `/lotteries/${EXAMPLE_DATE}/evidence` },
    ],
  })

export const lotteryEvents: readonly EventType[] = [
  {
    type: 'lottery.created.v1',
    summary: 'A lottery was created and accepts ballots',
    data: z.object({ date }).meta({ description: 'The day of a lottery', examples: [{ date: EXAMPLE_DATE }] }),
    example: { aggregate, seq: 1, occurredAt: Date.parse(OPEN_LOTTERY.created_at), cause: EXAMPLE_CAUSE },
  },
  {
    type: 'lottery.sealed.v1',
    summary: 'A lottery was sealed; the ballots of its draw are final',
    data: z
      .object({
        date,
        ballot_count: ballotCount,
        excluded_count: z
          .int()
          .nonnegative()
          .meta({ description: 'Number of ballots that cannot win because their users are banned' }),
      })
      .meta({
        description: 'The ballots that a lottery is drawn from',
        examples: [{ date: EXAMPLE_DATE, ballot_count: 3, excluded_count: 0 }],
      }),
    example: { aggregate, seq: 2, occurredAt: midnight, cause: CAUSED_BY_SERVICE },
  },
  {
    type: 'lottery.closed.v1',
    summary: 'A lottery was drawn; its result is final',
    data: closedSchema,
    example: { aggregate, seq: 3, occurredAt: midnight, cause: CAUSED_BY_SERVICE },
  },
]
