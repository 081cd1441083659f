import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer, location } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { bodyRefusals, refusals } from '../../shared/api/refusals.ts'
import type { CloseLottery } from '../application/close-lottery.ts'
import type { CreateLottery } from '../application/create-lottery.ts'
import { refusalExamples } from './refusal-examples.ts'
import {
  dateSchema,
  EXAMPLE_DATE,
  lotterySchema,
  newLotterySchema,
  OPEN_LOTTERY,
  SEALED_LOTTERY,
  toLotteryBody,
} from './schemas.ts'

export interface LotteryCommands {
  readonly createLottery: CreateLottery
  readonly closeLottery: CloseLottery
}

const tags = ['lotteries']
const dateQuery = z.strictObject({ date: dateSchema })

export function lotteryCommandRoutes({ createLottery, closeLottery }: LotteryCommands): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/lotteries/create',
      {
        config: { access: 'create-lottery' },
        schema: {
          tags,
          operationId: 'createLottery',
          summary: 'Open the lottery of a day before its first ballot opens it',
          description:
            'The first ballot of a day creates its lottery too, so that no caller needs to do it. The kind of ' +
            'randomness of the draw is fixed from the response on.',
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
        return reply
          .code(201)
          .header('location', `${app.prefix}/lotteries/${lottery.date}`)
          .send(toLotteryBody(lottery))
      },
    )

    app.post(
      '/lotteries/close',
      {
        config: { access: 'close' },
        schema: {
          tags,
          operationId: 'closeLottery',
          summary: 'Close a lottery whose day is over; the service itself closes every lottery at midnight',
          description:
            'A lottery is drawn at most once: closing it again gives the same result. The response is sent once ' +
            'the result is stored.',
          querystring: dateQuery,
          response: {
            200: answer(lotterySchema, { description: 'The lottery, closed by this request or earlier' }),
            202: answer(lotterySchema, {
              description: 'The lottery, sealed; its draw waits for its randomness',
              example: SEALED_LOTTERY,
            }),
            ...refusals(
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
  }
}
