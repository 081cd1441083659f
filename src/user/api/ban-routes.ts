import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { EXAMPLE_USER_ID, userIdSchema } from '../../shared/api/schemas.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import type { BanUser } from '../application/ban-user.ts'
import { UserAlreadyBanned, UserNotFound } from '../domain/errors.ts'

export interface BanUseCases {
  readonly banUser: BanUser
}

const params = z.object({ id: userIdSchema })
const notFound = new UserNotFound(EXAMPLE_USER_ID)
const alreadyBanned = new UserAlreadyBanned(EXAMPLE_USER_ID)

export function banRoutes({ banUser }: BanUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/users/:id/ban',
      {
        config: { access: 'ban' },
        schema: {
          tags: ['users'],
          operationId: 'banUser',
          summary: 'Ban a user from lotteries that are not sealed yet',
          description:
            'From the response on, the user cannot submit ballots, and none of its ballots wins a lottery that ' +
            'is not sealed yet. Draws of sealed lotteries do not change.',
          params,
          response: {
            204: answer(z.undefined(), { description: 'The user is banned' }),
            ...refusals(notFound, new OutcomeUnknown(), alreadyBanned),
          },
        },
      },
      async (request, reply) => {
        await banUser.ban(request.params.id, causeOf(request))
        return reply.code(204).send()
      },
    )

    app.post(
      '/users/:id/unban',
      {
        config: { access: 'ban' },
        schema: {
          tags: ['users'],
          operationId: 'unbanUser',
          summary: 'Lift the ban of a user, if there is one',
          description:
            'From the response on, the user can submit ballots again. The response is the same for a user who is ' +
            'not banned.',
          params,
          response: {
            204: answer(z.undefined(), { description: 'The user is not banned' }),
            ...refusals(notFound, new OutcomeUnknown()),
          },
        },
      },
      async (request, reply) => {
        await banUser.unban(request.params.id, causeOf(request))
        return reply.code(204).send()
      },
    )
  }
}
