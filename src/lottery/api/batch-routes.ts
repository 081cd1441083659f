import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer } from '../../shared/api/answer.ts'
import { InvalidRequest } from '../../shared/api/problem-of.ts'
import { bodyRefusals } from '../../shared/api/refusals.ts'
import { ServiceError } from '../../shared/domain/service-error.ts'
import type { SubmitBatch } from '../application/submit-batch.ts'
import { batchJson } from './batch-json.ts'
import { batchResultsSchema, newBatchSchema } from './batch-schema.ts'
import { refusalExamples } from './refusal-examples.ts'

export interface BatchUseCases {
  readonly submitBatch: SubmitBatch
}

/** Bytes of a body. A thousand ballots have 600,014 at most, when each character of their keys is escaped. */
const BODY_LIMIT = 640 * 1024

export function batchRoutes({ submitBatch }: BatchUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/lotteries/submit/batch',
      {
        bodyLimit: BODY_LIMIT,
        config: { access: 'submit-batch' },
        schema: {
          tags: ['ballots'],
          operationId: 'submitBatch',
          summary: 'Submit up to 1,000 ballots',
          description:
            'Each result is what a single submit in its place would answer: a refused ballot fails alone, and the ' +
            'others are durable. The batch itself is 503 only when no ballot has another result.',
          body: newBatchSchema,
          response: {
            200: answer(z.instanceof(Buffer), { description: 'The results', documentedAs: batchResultsSchema }),
            ...bodyRefusals(refusalExamples.outcomeUnknown, refusalExamples.archiveUnavailable),
          },
        },
      },
      async (request, reply) => {
        if (request.headers['idempotency-key'] !== undefined) throw keyOfBatch()
        const batch = request.body.ballots.map(({ user_id: userId, date, idempotency_key: idempotencyKey }) => ({
          userId,
          date,
          idempotencyKey,
        }))
        const answers = await submitBatch.execute(batch)
        logUnexpected(answers, request)
        return reply.type('application/json; charset=utf-8').send(await batchJson(answers, request))
      },
    )
  }
}

/** Refusal of a key of the whole batch. To ignore it would let a repeated batch store its ballots twice. */
function keyOfBatch() {
  const detail = 'A batch has no key: give each of its ballots an idempotency_key'
  return new InvalidRequest([{ in: 'header', field: 'Idempotency-Key', detail }])
}

function logUnexpected(answers: readonly object[], { log }: FastifyRequest): void {
  for (const answer of answers) {
    if (answer instanceof Error && !(answer instanceof ServiceError)) log.error({ err: answer }, 'unexpected error')
  }
}
