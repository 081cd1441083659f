import { z } from 'zod'
import { instantSchema, uuidSchema } from '../../shared/api/schemas.ts'
import type { Ballot, BallotId } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery.ts'

const DATE_EXAMPLE = '2026-11-22'

/** A UTC day that we are sent. */
export const dateSchema = z
  .string()
  .max(40)
  .refine(CalendarDate.isValid, 'Must be a day that exists, YYYY-MM-DD')
  .transform(CalendarDate.parse)
  .meta({ format: 'date', examples: [DATE_EXAMPLE] })

/** A ballot id that we are sent. */
export const ballotIdSchema = z
  .uuid()
  .transform((text) => text.toLowerCase() as BallotId)
  .meta({ examples: ['0190f5fe-7c00-7a00-8000-000000000001'] })

export const statusSchema = z.enum(['open', 'sealed', 'closed'])

const sentDateSchema = z.string().meta({ format: 'date', examples: [DATE_EXAMPLE] })

export const lotterySchema = z
  .object({
    date: sentDateSchema,
    status: statusSchema,
    ballot_count: z.int().meta({ examples: [3] }),
    winner_ballot_id: uuidSchema.nullable(),
    created_at: instantSchema,
    sealed_at: instantSchema.nullable(),
    closed_at: instantSchema.nullable(),
  })
  .meta({ id: 'Lottery', description: 'The draw of one UTC day' })

export const ballotSchema = z
  .object({
    id: uuidSchema,
    user_id: uuidSchema,
    lottery_date: sentDateSchema,
    ordinal: z.int().meta({ description: 'Position in the lottery, from 1, without gaps', examples: [1] }),
    submitted_at: instantSchema,
  })
  .meta({ id: 'Ballot', description: 'One entry of one user in one lottery' })

export function toLotteryBody(lottery: LotteryState): z.infer<typeof lotterySchema> {
  return {
    date: lottery.date,
    status: lottery.status,
    ballot_count: lottery.ballotCount,
    winner_ballot_id: lottery.winner?.ballotId ?? null,
    created_at: toIso(lottery.createdAt),
    sealed_at: lottery.sealedAt === null ? null : toIso(lottery.sealedAt),
    closed_at: lottery.closedAt === null ? null : toIso(lottery.closedAt),
  }
}

export function toBallotBody(ballot: Ballot): z.infer<typeof ballotSchema> {
  return {
    id: ballot.id,
    user_id: ballot.userId,
    lottery_date: ballot.lotteryDate,
    ordinal: ballot.ordinal,
    submitted_at: toIso(ballot.submittedAt),
  }
}

function toIso(instant: number): string {
  return new Date(instant).toISOString()
}
