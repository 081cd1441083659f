import { z } from 'zod'
import { EXAMPLE_HASH, hex, hexSchema } from '../../ledger/api/tree-schemas.ts'
import { pageOf } from '../../shared/api/page.ts'
import {
  EXAMPLE_DAY,
  EXAMPLE_INSTANT,
  EXAMPLE_USER_ID,
  instantSchema,
  userIdSchema,
  uuidSchema,
} from '../../shared/api/schemas.ts'
import type { Ballot, BallotId, StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import { type LotteryState, statusOf } from '../domain/lottery-state.ts'
import { entropySchema, toEntropyBody } from './entropy-schema.ts'

export const EXAMPLE_DATE = CalendarDate.parse(EXAMPLE_DAY)
export const EXAMPLE_BALLOT_ID = '0190f5fe-7c00-7a00-8000-000000000001' as BallotId

/** A UTC day in a request. The pattern documents the years that `isValid` accepts. */
export const dateSchema = z
  .string()
  .refine(CalendarDate.isValid, 'Must be a day that exists, YYYY-MM-DD')
  .transform(CalendarDate.parse)
  .meta({ format: 'date', pattern: '^(19[7-9]|[2-9]\\d\\d)\\d-', examples: [EXAMPLE_DATE] })

/** A ballot id in a request. */
export const ballotIdSchema = z
  .uuid()
  .transform((text) => text.toLowerCase() as BallotId)
  .meta({ examples: [EXAMPLE_BALLOT_ID] })

/** An idempotency key in a request. */
export const idempotencyKeySchema = z.string().regex(/^[!-~]{1,255}$/, 'Must be 1 to 255 visible ASCII characters')

export const statusSchema = z.enum(['open', 'sealed', 'closed'])

const responseDateSchema = z.string().meta({ format: 'date' })

export const OPEN_LOTTERY = {
  date: EXAMPLE_DATE,
  status: 'open',
  ballot_count: 0,
  winner_ballot_id: null,
  entropy: { kind: 'commit-reveal', commitment: EXAMPLE_HASH },
  seal_hash: null,
  created_at: '2026-11-22T00:00:00.017Z',
  sealed_at: null,
  closed_at: null,
}
export const SEALED_LOTTERY = {
  ...OPEN_LOTTERY,
  status: 'sealed',
  ballot_count: 3,
  seal_hash: EXAMPLE_HASH,
  sealed_at: '2026-11-23T00:00:00.031Z',
}
const CLOSED_LOTTERY = {
  ...SEALED_LOTTERY,
  status: 'closed',
  winner_ballot_id: EXAMPLE_BALLOT_ID,
  closed_at: '2026-11-23T00:00:00.031Z',
}

export const lotterySchema = z
  .object({
    date: responseDateSchema,
    status: statusSchema,
    ballot_count: z.int(),
    winner_ballot_id: uuidSchema.nullable(),
    entropy: entropySchema,
    seal_hash: hexSchema.nullable().meta({ description: 'Hash of the seal; null until the lottery is sealed' }),
    created_at: instantSchema,
    sealed_at: instantSchema.nullable(),
    closed_at: instantSchema.nullable(),
  })
  .meta({
    id: 'Lottery',
    description: 'The draw of one UTC day',
    examples: [CLOSED_LOTTERY],
  })

export const EXAMPLE_BALLOT = {
  id: EXAMPLE_BALLOT_ID,
  user_id: EXAMPLE_USER_ID,
  lottery_date: EXAMPLE_DATE,
  ordinal: 1,
  submitted_at: EXAMPLE_INSTANT,
}

export const ballotSchema = z
  .object({
    id: uuidSchema,
    user_id: uuidSchema
      .optional()
      .meta({ description: 'Absent for callers who may not see whose ballot it is, and once the user is forgotten' }),
    lottery_date: responseDateSchema,
    ordinal: z.int().meta({ description: 'Position in the lottery, from 1, without gaps' }),
    submitted_at: instantSchema,
  })
  .meta({ id: 'Ballot', description: 'One entry of one user in one lottery', examples: [EXAMPLE_BALLOT] })

/** A ballot whose user every reader of the answer may know. */
export const ownedBallotSchema = ballotSchema
  .extend({ user_id: uuidSchema })
  .meta({ id: 'OwnedBallot', description: 'A ballot with the user who submitted it', examples: [EXAMPLE_BALLOT] })

export const newLotterySchema = z.strictObject({ date: dateSchema }).meta({
  id: 'NewLottery',
  description: 'The day of a lottery',
  examples: [{ date: EXAMPLE_DATE }],
})

export const newBallotSchema = z
  .strictObject({
    user_id: userIdSchema.optional().meta({ description: 'Not needed with the token of a participant' }),
    date: dateSchema.optional().meta({ description: 'Defaults to today (UTC)' }),
  })
  .meta({
    id: 'NewBallot',
    description: 'A ballot for today or for the given day',
    examples: [{ user_id: EXAMPLE_USER_ID }, { user_id: EXAMPLE_USER_ID, date: EXAMPLE_DATE }],
  })

export const ballotPageSchema = pageOf(ballotSchema, 'BallotPage')
export const ownedBallotPageSchema = pageOf(ownedBallotSchema, 'OwnedBallotPage')
export const lotteryPageSchema = pageOf(lotterySchema, 'LotteryPage')

export function toLotteryBody(lottery: LotteryState): z.infer<typeof lotterySchema> {
  return {
    date: lottery.date,
    status: statusOf(lottery),
    ballot_count: lottery.ledger.size,
    winner_ballot_id: lottery.draw?.winner?.ballotId ?? null,
    entropy: toEntropyBody(lottery.entropy, lottery.seal?.round),
    seal_hash: lottery.seal ? hex(lottery.seal.hash) : null,
    created_at: toIso(lottery.createdAt),
    sealed_at: lottery.seal ? toIso(lottery.seal.at) : null,
    closed_at: lottery.draw ? toIso(lottery.draw.at) : null,
  }
}

export function toBallotBody(ballot: StoredBallot): z.infer<typeof ballotSchema> {
  return {
    id: ballot.id,
    lottery_date: ballot.lotteryDate,
    ordinal: ballot.ordinal,
    submitted_at: toIso(ballot.submittedAt),
  }
}

export function toOwnedBallotBody(ballot: Ballot): z.infer<typeof ownedBallotSchema> {
  return { ...toBallotBody(ballot), user_id: ballot.userId }
}

/** The instant that was written last. Ballots that are stored together have one, which is then written once. */
let written = { instant: 0, iso: new Date(0).toISOString() }

export function toIso(instant: number): string {
  if (instant !== written.instant) written = { instant, iso: new Date(instant).toISOString() }
  return written.iso
}
