import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer, immutableHeaders, location, notModified } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { conditionalHeaders, markImmutable } from '../../shared/api/immutable.ts'
import { pageQuery, toPage } from '../../shared/api/page.ts'
import { InvalidRequest } from '../../shared/api/problem-of.ts'
import { bodyRefusals, refusals } from '../../shared/api/refusals.ts'
import { userIdSchema } from '../../shared/api/schemas.ts'
import type { FindBallot } from '../application/find-ballot.ts'
import type { ListBallots } from '../application/list-ballots.ts'
import type { SubmitQueue } from '../application/submit-command.ts'
import { receiptSchema, toReceiptBody } from './receipt-schema.ts'
import { refusalExamples } from './refusal-examples.ts'
import {
  ballotIdSchema,
  ballotPageSchema,
  ballotSchema,
  dateSchema,
  EXAMPLE_BALLOT_ID,
  EXAMPLE_DATE,
  newBallotSchema,
  toBallotBody,
} from './schemas.ts'

export interface BallotUseCases {
  readonly submitQueue: SubmitQueue
  readonly findBallot: FindBallot
  readonly listBallots: ListBallots
}

const tags = ['ballots']

const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,255}$/, 'Must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({ description: 'Makes retries safe: equal keys of one user for one date give one ballot. Requires `date`.' }),
})

export function ballotRoutes({ submitQueue, findBallot, listBallots }: BallotUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/lotteries/submit',
      {
        schema: {
          tags,
          operationId: 'submitBallot',
          summary: 'Submit a ballot',
          description: 'The response is sent once the ballot is durable.',
          headers: idempotencyHeaders,
          body: newBallotSchema,
          response: {
            201: answer(receiptSchema, {
              description: 'The receipt of the accepted ballot',
              headers: {
                ...location(`/lotteries/${EXAMPLE_DATE}/ballots/${EXAMPLE_BALLOT_ID}`),
                'Idempotency-Replayed': {
                  type: 'string',
                  description: 'Present when an earlier request stored the ballot',
                  example: 'true',
                },
              },
            }),
            ...bodyRefusals(
              refusalExamples.userBanned,
              refusalExamples.userNotFound,
              refusalExamples.lotteryClosed,
              refusalExamples.lotteryDatePast,
              refusalExamples.lotteryDateTooFar,
              refusalExamples.outcomeUnknown,
            ),
          },
        },
      },
      async (request, reply) => {
        const { body, headers } = request
        const idempotencyKey = headers['idempotency-key']
        if (idempotencyKey !== undefined && body.date === undefined) throw dateMissing()
        const outcome = await submitQueue.submit({
          userId: body.user_id,
          date: body.date,
          idempotencyKey,
          cause: causeOf(request),
        })
        if (outcome.kind === 'refused') throw outcome.error

        const { ballot, replayed, checkpoint } = outcome
        if (replayed) reply.header('idempotency-replayed', 'true')
        reply.code(201).header('location', `/lotteries/${ballot.lotteryDate}/ballots/${ballot.id}`)
        return toReceiptBody(ballot, checkpoint)
      },
    )

    app.get(
      '/lotteries/:date/ballots/:id',
      {
        schema: {
          tags,
          operationId: 'getBallot',
          summary: 'Look up a ballot',
          headers: conditionalHeaders,
          params: z.object({ date: dateSchema, id: ballotIdSchema }),
          response: {
            200: answer(ballotSchema, { description: 'The ballot', headers: immutableHeaders }),
            304: notModified,
            ...refusals(refusalExamples.lotteryNotFound, refusalExamples.ballotNotFound),
          },
        },
      },
      async ({ params: { date, id } }, reply) => {
        const ballot = await findBallot.execute(date, id)
        markImmutable(reply, ballot.id)
        return toBallotBody(ballot)
      },
    )

    app.get(
      '/lotteries/:date/ballots',
      {
        schema: {
          tags,
          operationId: 'listBallots',
          summary: 'List the ballots of a lottery in ordinal order',
          params: z.object({ date: dateSchema }),
          querystring: z.strictObject(pageQuery(z.int().min(0))),
          response: {
            200: answer(ballotPageSchema, { description: 'The ballots' }),
            ...refusals(refusalExamples.lotteryNotFound),
          },
        },
      },
      async ({ params: { date }, query: { limit, cursor } }) => {
        const rows = await listBallots.ofLottery({ date, after: cursor ?? 0, limit: limit + 1 })
        return toPage(rows, limit, ({ ordinal }) => ordinal, toBallotBody)
      },
    )

    app.get(
      '/users/:id/ballots',
      {
        schema: {
          tags,
          operationId: 'listBallotsOfUser',
          summary: 'List the ballots of a user, newest date first',
          params: z.object({ id: userIdSchema }),
          querystring: z.strictObject(pageQuery(z.strictObject({ date: dateSchema, ordinal: z.int().min(1) }))),
          response: {
            200: answer(ballotPageSchema, { description: 'The ballots' }),
            ...refusals(refusalExamples.userNotFound),
          },
        },
      },
      async ({ params: { id }, query: { limit, cursor } }) => {
        const rows = await listBallots.ofUser({ userId: id, limit: limit + 1, ...(cursor && { before: cursor }) })
        return toPage(rows, limit, ({ lotteryDate, ordinal }) => ({ date: lotteryDate, ordinal }), toBallotBody)
      },
    )
  }
}

/** Refusal of a key without a date. "Today" may change between two tries, so a retry could become a second ballot. */
function dateMissing() {
  return new InvalidRequest([
    { in: 'body', field: 'date', detail: 'Must be given when the request has an Idempotency-Key' },
  ])
}
