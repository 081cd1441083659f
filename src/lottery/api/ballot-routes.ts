import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { invalidRequest } from '../../shared/api/error-handler.ts'
import { markImmutable } from '../../shared/api/immutable.ts'
import { pageOf, pageQuery, toPage } from '../../shared/api/page.ts'
import { refusals } from '../../shared/api/problem.ts'
import { userIdSchema } from '../../shared/api/schemas.ts'
import type { FindBallot } from '../application/find-ballot.ts'
import type { ListBallots } from '../application/list-ballots.ts'
import type { SubmitBallots } from '../application/submit-ballots.ts'
import { ballotIdSchema, ballotSchema, dateSchema, toBallotBody } from './schemas.ts'

export interface BallotUseCases {
  readonly submitBallots: Pick<SubmitBallots, 'execute'>
  readonly findBallot: FindBallot
  readonly listBallots: ListBallots
}

const tags = ['ballots']

const newBallotSchema = z
  .strictObject({
    user_id: userIdSchema,
    date: dateSchema.optional().meta({ description: 'Today (UTC) when absent', examples: ['2026-11-22'] }),
  })
  .meta({ id: 'NewBallot' })

const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({ description: 'The same key of the same user for the same date is the same ballot. Needs `date`.' }),
})

export function ballotRoutes({ submitBallots, findBallot, listBallots }: BallotUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/lotteries/submit',
      {
        schema: {
          tags,
          operationId: 'submitBallot',
          summary: 'Submit a ballot',
          description:
            'The answer is sent once the ballot is durable. `Idempotency-Replayed: true` marks a repeated one.',
          headers: idempotencyHeaders,
          body: newBallotSchema,
          response: {
            201: ballotSchema.meta({ id: 'Receipt', description: 'The receipt of a ballot' }),
            ...refusals({
              403: ['user_banned'],
              404: ['user_not_found'],
              409: ['lottery_closed'],
              413: ['body_too_large'],
              415: ['unsupported_media_type'],
              422: ['lottery_date_past', 'lottery_date_too_far'],
              503: ['outcome_unknown'],
            }),
          },
        },
      },
      async ({ body, headers }, reply) => {
        const idempotencyKey = headers['idempotency-key']
        if (idempotencyKey !== undefined && body.date === undefined) throw dateMissing()
        const [outcome] = await submitBallots.execute([{ userId: body.user_id, date: body.date, idempotencyKey }])
        if (outcome?.kind !== 'accepted') throw outcome?.error ?? new Error('a submit has no outcome')

        const { ballot, replayed } = outcome
        if (replayed) reply.header('idempotency-replayed', 'true')
        reply.code(201).header('location', `/lotteries/${ballot.lotteryDate}/ballots/${ballot.id}`)
        return toBallotBody(ballot)
      },
    )

    app.get(
      '/lotteries/:date/ballots/:id',
      {
        schema: {
          tags,
          operationId: 'getBallot',
          summary: 'Look a ballot up',
          params: z.object({ date: dateSchema, id: ballotIdSchema }),
          response: { 200: ballotSchema, ...refusals({ 404: ['lottery_not_found', 'ballot_not_found'] }) },
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
          response: { 200: pageOf(ballotSchema, 'BallotPage'), ...refusals({ 404: ['lottery_not_found'] }) },
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
          response: { 200: pageOf(ballotSchema, 'BallotPage'), ...refusals({ 404: ['user_not_found'] }) },
        },
      },
      async ({ params: { id }, query: { limit, cursor } }) => {
        const rows = await listBallots.ofUser({ userId: id, limit: limit + 1, ...(cursor && { before: cursor }) })
        return toPage(rows, limit, ({ lotteryDate, ordinal }) => ({ date: lotteryDate, ordinal }), toBallotBody)
      },
    )
  }
}

/** "Today" may change between two tries, so a retry could become a second ballot. */
function dateMissing() {
  return invalidRequest([{ in: 'body', field: 'date', detail: 'Must be given together with an Idempotency-Key' }])
}
