import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ownUserOf, requireUser } from '../../shared/api/access.ts'
import { answer, location } from '../../shared/api/answer.ts'
import { InvalidRequest } from '../../shared/api/problem-of.ts'
import { bodyRefusals } from '../../shared/api/refusals.ts'
import { NotYourUser } from '../../shared/domain/access-errors.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { SubmitQueue } from '../application/submit-command.ts'
import { receiptJson } from './receipt-json.ts'
import { receiptSchema } from './receipt-schema.ts'
import { refusalExamples } from './refusal-examples.ts'
import { EXAMPLE_BALLOT_ID, EXAMPLE_DATE, idempotencyKeySchema, newBallotSchema } from './schemas.ts'

export interface SubmitUseCases {
  readonly submitQueue: SubmitQueue
}

const tags = ['ballots']

const idempotencyHeaders = z.looseObject({
  'idempotency-key': idempotencyKeySchema
    .optional()
    .meta({ description: 'Makes retries safe: equal keys of one user for one date give one ballot. Requires `date`.' }),
})

export function submitRoutes({ submitQueue }: SubmitUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/lotteries/submit',
      {
        config: { access: 'submit' },
        schema: {
          tags,
          operationId: 'submitBallot',
          summary: 'Submit a ballot',
          description: 'The response is sent once the ballot is durable.',
          headers: idempotencyHeaders,
          body: newBallotSchema,
          response: {
            201: answer(z.string(), {
              description: 'The receipt of the accepted ballot',
              documentedAs: receiptSchema,
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
              new NotYourUser(),
              refusalExamples.userNotFound,
              refusalExamples.lotteryClosed,
              refusalExamples.lotteryDatePast,
              refusalExamples.lotteryDateTooFar,
              refusalExamples.outcomeUnknown,
              refusalExamples.archiveUnavailable,
            ),
          },
        },
      },
      async (request, reply) => {
        const { body, headers } = request
        const idempotencyKey = headers['idempotency-key']
        if (idempotencyKey !== undefined && body.date === undefined) throw dateMissing()
        const outcome = await submitQueue.submit({
          userId: submitterOf(request, body.user_id),
          date: body.date,
          idempotencyKey,
        })
        if (outcome.kind === 'refused') throw outcome.error

        const { ballot, replayed, checkpoint } = outcome
        if (replayed) reply.header('idempotency-replayed', 'true')
        reply.code(201).header('location', `${app.prefix}/lotteries/${ballot.lotteryDate}/ballots/${ballot.id}`)
        return reply.type('application/json; charset=utf-8').send(receiptJson(ballot, checkpoint))
      },
    )
  }
}

/** User that a ballot is submitted for. @throws InvalidRequest | OwnUserNotFound | NotYourUser */
function submitterOf(request: FastifyRequest, userId: UserId | undefined): UserId {
  if (request.access.scope === 'own') {
    if (userId !== undefined) requireUser(request, userId)
    return ownUserOf(request)
  }
  if (userId !== undefined) return userId
  throw new InvalidRequest([{ in: 'body', field: 'user_id', detail: 'Must be given unless a token names the user' }])
}

/** Refusal of a key without a date. "Today" may change between two tries, so a retry could become a second ballot. */
function dateMissing() {
  return new InvalidRequest([
    { in: 'body', field: 'date', detail: 'Must be given when the request has an Idempotency-Key' },
  ])
}
