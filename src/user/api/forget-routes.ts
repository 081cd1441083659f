import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { EXAMPLE_USER_ID, userIdSchema } from '../../shared/api/schemas.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import type { ForgetUser } from '../application/forget-user.ts'
import { UserNotFound } from '../domain/errors.ts'

export interface ForgetUseCases {
  readonly forgetUser: ForgetUser
}

export function forgetRoutes({ forgetUser }: ForgetUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.delete(
      '/users/:id',
      {
        config: { access: 'forget' },
        schema: {
          tags: ['users'],
          operationId: 'forgetUser',
          summary: 'Forget the person behind a user',
          description:
            'From the response on, the id is unknown, and its e-mail address and its subject can be registered anew. The ' +
            'ballots lose the user once their lotteries are closed, except winners and excluded ballots.',
          params: z.object({ id: userIdSchema }),
          response: {
            204: answer(z.undefined(), { description: 'The person is forgotten' }),
            ...refusals(new UserNotFound(EXAMPLE_USER_ID), new OutcomeUnknown()),
          },
        },
      },
      async (request, reply) => {
        await forgetUser.execute(request.params.id, causeOf(request))
        return reply.code(204).send()
      },
    )
  }
}
