import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer, immutableHeaders, location, notModified } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { conditionalHeaders, keepingImmutable, markImmutable } from '../../shared/api/immutable.ts'
import { pageQuery, toPage } from '../../shared/api/page.ts'
import { bodyRefusals, refusals } from '../../shared/api/refusals.ts'
import type { CloseLottery } from '../application/close-lottery.ts'
import type { CreateLottery } from '../application/create-lottery.ts'
import type { FindLottery } from '../application/find-lottery.ts'
import type { FindWinner } from '../application/find-winner.ts'
import type { ListLotteries } from '../application/list-lotteries.ts'
import { requireInternalToken } from './internal-token.ts'
import { refusalExamples } from './refusal-examples.ts'
import {
  ballotSchema,
  dateSchema,
  EXAMPLE_DATE,
  lotteryPageSchema,
  lotterySchema,
  newLotterySchema,
  OPEN_LOTTERY,
  SEALED_LOTTERY,
  statusSchema,
  toBallotBody,
  toLotteryBody,
} from './schemas.ts'

export interface LotteryUseCases {
  readonly createLottery: CreateLottery
  readonly closeLottery: CloseLottery
  readonly findLottery: FindLottery
  readonly findWinner: FindWinner
  readonly listLotteries: ListLotteries
}

const tags = ['lotteries']
const byDate = z.object({ date: dateSchema })
const dateQuery = z.strictObject({ date: dateSchema })

export function lotteryRoutes(
  { createLottery, closeLottery, findLottery, findWinner, listLotteries }: LotteryUseCases,
  internalCloseToken: string | undefined,
): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/lotteries/create',
      {
        schema: {
          tags,
          operationId: 'createLottery',
          summary: 'Open the lottery of a day before its first ballot opens it',
          body: newLotterySchema,
          response: {
            201: answer(lotterySchema, {
              description: 'The open lottery',
              headers: location(`/lotteries/${EXAMPLE_DATE}`),
              example: OPEN_LOTTERY,
            }),
            ...bodyRefusals(
              refusalExamples.lotteryAlreadyExists,
              refusalExamples.lotteryDatePast,
              refusalExamples.lotteryDateTooFar,
              refusalExamples.outcomeUnknown,
            ),
          },
        },
      },
      async (request, reply) => {
        const lottery = await createLottery.execute(request.body.date, causeOf(request))
        return reply.code(201).header('location', `/lotteries/${lottery.date}`).send(toLotteryBody(lottery))
      },
    )

    app.post(
      '/lotteries/close',
      {
        onRequest: requireInternalToken(internalCloseToken),
        schema: {
          tags,
          operationId: 'closeLottery',
          summary: 'Close a lottery whose day is over; the service itself closes every lottery at midnight',
          security: [{ internalToken: [] }],
          querystring: dateQuery,
          response: {
            200: answer(lotterySchema, { description: 'The lottery, closed by this request or earlier' }),
            202: answer(lotterySchema, {
              description: 'The lottery, sealed; its draw waits for its randomness',
              example: SEALED_LOTTERY,
            }),
            ...refusals(
              refusalExamples.forbidden,
              refusalExamples.lotteryNotFound,
              refusalExamples.lotteryNotOver,
              refusalExamples.ledgerBroken,
              refusalExamples.outcomeUnknown,
            ),
          },
        },
      },
      async (request, reply) => {
        const lottery = await closeLottery.execute(request.query.date, causeOf(request))
        return reply.code(lottery.draw ? 200 : 202).send(toLotteryBody(lottery))
      },
    )

    app.get(
      '/lotteries/winner',
      {
        ...keepingImmutable(),
        schema: {
          tags,
          operationId: 'getWinner',
          summary: 'Look up the winning ballot of a day',
          headers: conditionalHeaders,
          querystring: dateQuery,
          response: {
            200: answer(ballotSchema, { description: 'The winning ballot', headers: immutableHeaders }),
            304: notModified,
            ...refusals(
              refusalExamples.lotteryNotFound,
              refusalExamples.lotteryNotClosed,
              refusalExamples.lotteryWithoutWinner,
            ),
          },
        },
      },
      async ({ query }, reply) => {
        const ballot = await findWinner.execute(query.date)
        markImmutable(reply, ballot.id)
        return toBallotBody(ballot)
      },
    )

    app.get(
      '/lotteries',
      {
        schema: {
          tags,
          operationId: 'listLotteries',
          summary: 'List lotteries, newest first',
          querystring: z.strictObject({ ...pageQuery(dateSchema), status: statusSchema.optional() }),
          response: { 200: answer(lotteryPageSchema, { description: 'The lotteries' }), ...refusals() },
        },
      },
      async ({ query: { limit, cursor, status } }) => {
        const rows = await listLotteries.execute({
          limit: limit + 1,
          ...(cursor && { before: cursor }),
          ...(status && { status }),
        })
        return toPage(rows, limit, ({ date }) => date, toLotteryBody)
      },
    )

    app.get(
      '/lotteries/:date',
      {
        ...keepingImmutable(),
        schema: {
          tags,
          operationId: 'getLottery',
          summary: 'Look up a lottery',
          headers: conditionalHeaders,
          params: byDate,
          response: {
            200: answer(lotterySchema, {
              description: 'The lottery; has an ETag and is cacheable once it is closed',
              headers: immutableHeaders,
            }),
            304: notModified,
            ...refusals(refusalExamples.lotteryNotFound),
          },
        },
      },
      async ({ params }, reply) => {
        const lottery = await findLottery.execute(params.date)
        if (lottery.draw) markImmutable(reply, `lottery-${lottery.date}`)
        return toLotteryBody(lottery)
      },
    )
  }
}
