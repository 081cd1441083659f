import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { markPrivate, requireUser } from '../../shared/api/access.ts'
import { answer } from '../../shared/api/answer.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { NotYourUser } from '../../shared/domain/access-errors.ts'
import type { FindReceipt } from '../application/find-receipt.ts'
import { receiptSchema, toReceiptBody } from './receipt-schema.ts'
import { refusalExamples } from './refusal-examples.ts'
import { ballotIdSchema, dateSchema } from './schemas.ts'

export interface ReceiptUseCases {
  readonly findReceipt: FindReceipt
}

export function receiptRoutes({ findReceipt }: ReceiptUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      '/lotteries/:date/ballots/:id/receipt',
      {
        config: { access: 'read-receipt' },
        schema: {
          tags: ['ballots'],
          operationId: 'getReceipt',
          summary: 'Get the receipt of a ballot again',
          description:
            'The receipt has the same entry and salt as the answer to the submit, and a checkpoint of the present ledger.',
          params: z.object({ date: dateSchema, id: ballotIdSchema }),
          response: {
            200: answer(receiptSchema, { description: 'The receipt' }),
            ...refusals(
              new NotYourUser(),
              refusalExamples.userNotFound,
              refusalExamples.lotteryNotFound,
              refusalExamples.ballotNotFound,
              refusalExamples.archiveUnavailable,
            ),
          },
        },
      },
      async (request, reply) => {
        const { date, id } = request.params
        const { ballot, checkpoint } = await findReceipt.execute(date, id)
        requireUser(request, ballot.userId)
        markPrivate(reply)
        return toReceiptBody(ballot, checkpoint)
      },
    )
  }
}
