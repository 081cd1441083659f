import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { markImmutable } from '../../shared/api/immutable.ts'
import { pageOf, pageQuery, toPage } from '../../shared/api/page.ts'
import { refusals } from '../../shared/api/problem.ts'
import type { CloseLottery } from '../application/close-lottery.ts'
import type { CreateLottery } from '../application/create-lottery.ts'
import type { FindLottery } from '../application/find-lottery.ts'
import type { FindWinner } from '../application/find-winner.ts'
import type { LotteryQueries } from '../application/lottery-queries.ts'
import { requireInternalToken } from './internal-token.ts'
import { ballotSchema, dateSchema, lotterySchema, statusSchema, toBallotBody, toLotteryBody } from './schemas.ts'

export interface LotteryUseCases {
  readonly createLottery: CreateLottery
  readonly closeLottery: CloseLottery
  readonly findLottery: FindLottery
  readonly findWinner: FindWinner
  readonly queries: LotteryQueries
}

const tags = ['lotteries']
const byDate = z.object({ date: dateSchema })
const dateQuery = z.strictObject({ date: dateSchema })

export function lotteryRoutes(
  { createLottery, closeLottery, findLottery, findWinner, queries }: LotteryUseCases,
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
          body: z.strictObject({ date: dateSchema }).meta({ id: 'NewLottery' }),
          response: {
            201: lotterySchema,
            ...refusals({
              409: ['lottery_already_exists'],
              413: ['body_too_large'],
              415: ['unsupported_media_type'],
              422: ['lottery_date_past', 'lottery_date_too_far'],
            }),
          },
        },
      },
      async ({ body }, reply) => {
        const lottery = await createLottery.execute(body.date)
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
            200: lotterySchema,
            202: lotterySchema.meta({ description: 'Sealed; the draw waits for its randomness' }),
            ...refusals({ 403: ['forbidden'], 404: ['lottery_not_found'], 409: ['lottery_not_over'] }),
          },
        },
      },
      async ({ query }, reply) => {
        const lottery = await closeLottery.execute(query.date)
        return reply.code(lottery.status === 'closed' ? 200 : 202).send(toLotteryBody(lottery))
      },
    )

    app.get(
      '/lotteries/winner',
      {
        schema: {
          tags,
          operationId: 'getWinner',
          summary: 'Look up the winning ballot of a day',
          querystring: dateQuery,
          response: {
            200: ballotSchema,
            ...refusals({ 404: ['lottery_not_found', 'lottery_not_closed', 'lottery_without_winner'] }),
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
          response: { 200: pageOf(lotterySchema, 'LotteryPage'), ...refusals({}) },
        },
      },
      async ({ query: { limit, cursor, status } }) => {
        const rows = await queries.list({
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
        schema: {
          tags,
          operationId: 'getLottery',
          summary: 'Look a lottery up',
          params: byDate,
          response: { 200: lotterySchema, ...refusals({ 404: ['lottery_not_found'] }) },
        },
      },
      async ({ params }, reply) => {
        const lottery = await findLottery.execute(params.date)
        if (lottery.status === 'closed') markImmutable(reply, `lottery-${lottery.date}`)
        return toLotteryBody(lottery)
      },
    )
  }
}
