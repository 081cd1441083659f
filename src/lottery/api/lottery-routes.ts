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
import { refused } from './refusal-examples.ts'
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
          summary: 'Open the lottery of a day before its first ballot does',
          body: newLotterySchema,
          response: {
            201: answer(lotterySchema, {
              description: 'Open',
              headers: location(`/lotteries/${EXAMPLE_DATE}`),
              example: OPEN_LOTTERY,
            }),
            ...bodyRefusals(
              refused.lotteryAlreadyExists,
              refused.lotteryDatePast,
              refused.lotteryDateTooFar,
              refused.outcomeUnknown,
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
          summary: 'Close a lottery whose day is over; the service does so by itself at midnight',
          security: [{ internalToken: [] }],
          querystring: dateQuery,
          response: {
            200: answer(lotterySchema, { description: 'Closed, now or before' }),
            202: answer(lotterySchema, {
              description: 'Sealed; the draw waits for its randomness',
              example: SEALED_LOTTERY,
            }),
            ...refusals(
              refused.forbidden,
              refused.lotteryNotFound,
              refused.lotteryNotOver,
              refused.ledgerBroken,
              refused.outcomeUnknown,
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
            200: answer(ballotSchema, { description: 'The ballot that won', headers: immutableHeaders }),
            304: notModified,
            ...refusals(refused.lotteryNotFound, refused.lotteryNotClosed, refused.lotteryWithoutWinner),
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
          summary: 'Look a lottery up',
          headers: conditionalHeaders,
          params: byDate,
          response: {
            200: answer(lotterySchema, {
              description: 'The lottery; tagged and cacheable once it is closed',
              headers: immutableHeaders,
            }),
            304: notModified,
            ...refusals(refused.lotteryNotFound),
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
