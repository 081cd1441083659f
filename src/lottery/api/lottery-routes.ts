import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer, immutableHeaders, notModified } from '../../shared/api/answer.ts'
import { conditionalHeaders, keepingImmutable, markImmutable } from '../../shared/api/immutable.ts'
import { pageQuery, toPage } from '../../shared/api/page.ts'
import { refusals } from '../../shared/api/refusals.ts'
import type { FindLottery } from '../application/find-lottery.ts'
import type { FindWinner } from '../application/find-winner.ts'
import type { ListLotteries } from '../application/list-lotteries.ts'
import { refusalExamples } from './refusal-examples.ts'
import {
  dateSchema,
  lotteryPageSchema,
  lotterySchema,
  ownedBallotSchema,
  statusSchema,
  toLotteryBody,
  toOwnedBallotBody,
} from './schemas.ts'

export interface LotteryUseCases {
  readonly findLottery: FindLottery
  readonly findWinner: FindWinner
  readonly listLotteries: ListLotteries
}

const tags = ['lotteries']
const byDate = z.object({ date: dateSchema })
const dateQuery = z.strictObject({ date: dateSchema })

export function lotteryRoutes({ findLottery, findWinner, listLotteries }: LotteryUseCases): FastifyPluginAsyncZod {
  const keepingWinners = keepingImmutable()
  const keepingLotteries = keepingImmutable()
  return async (app) => {
    app.get(
      '/lotteries/winner',
      {
        config: { access: 'read' },
        ...keepingWinners,
        schema: {
          tags,
          operationId: 'getWinner',
          summary: 'Look up the winning ballot of a day',
          description:
            'A winner never changes. The code of a 404 tells whether the lottery does not exist, is not drawn ' +
            'yet, or has no winner.',
          headers: conditionalHeaders,
          querystring: dateQuery,
          response: {
            200: answer(ownedBallotSchema, { description: 'The winning ballot', headers: immutableHeaders }),
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
        return toOwnedBallotBody(ballot)
      },
    )

    app.get(
      '/lotteries',
      {
        config: { access: 'read' },
        schema: {
          tags,
          operationId: 'listLotteries',
          summary: 'List lotteries, newest first',
          description:
            'The pages together hold each lottery at most once. With `status`, only lotteries of that status are ' +
            'listed.',
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
        config: { access: 'read' },
        ...keepingLotteries,
        schema: {
          tags,
          operationId: 'getLottery',
          summary: 'Look up a lottery',
          description:
            'The status goes from `open` to `sealed` to `closed`, and never back. A closed lottery never changes.',
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
