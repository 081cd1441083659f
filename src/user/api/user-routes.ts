import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { refusals } from '../../shared/api/problem.ts'
import { instantSchema, userIdSchema, uuidSchema } from '../../shared/api/schemas.ts'
import type { BanUser } from '../application/ban-user.ts'
import type { FindUser } from '../application/find-user.ts'
import type { RegisterUser } from '../application/register-user.ts'
import type { UserState } from '../domain/user.ts'

export interface UserUseCases {
  readonly registerUser: RegisterUser
  readonly findUser: FindUser
  readonly banUser: BanUser
}

const userSchema = z
  .object({
    id: uuidSchema,
    email: z.string().meta({ examples: ['ada@example.org'] }),
    name: z
      .string()
      .nullable()
      .meta({ examples: ['Ada'] }),
    banned_at: instantSchema.nullable(),
  })
  .meta({ id: 'User' })

const newUserSchema = z
  .strictObject({
    email: z
      .email()
      .max(254)
      .meta({ examples: ['ada@example.org'] }),
    name: z
      .string()
      .regex(/^(?=.*\S)[^\p{Cc}\p{Cs}]{1,200}$/u, 'Must be 1 to 200 characters, none of them a control character')
      .optional()
      .meta({ examples: ['Ada'] }),
  })
  .meta({ id: 'NewUser' })

const params = z.object({ id: userIdSchema })

export function userRoutes({ registerUser, findUser, banUser }: UserUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/users',
      {
        schema: {
          tags: ['users'],
          operationId: 'registerUser',
          summary: 'Register a user',
          body: newUserSchema,
          response: {
            201: userSchema,
            ...refusals({ 409: ['email_taken'], 413: ['body_too_large'], 415: ['unsupported_media_type'] }),
          },
        },
      },
      async ({ body }, reply) => {
        const user = await registerUser.execute({ email: body.email, name: body.name ?? null })
        return reply.code(201).header('location', `/users/${user.id}`).send(toBody(user))
      },
    )

    app.get(
      '/users/:id',
      {
        schema: {
          tags: ['users'],
          operationId: 'getUser',
          summary: 'Look a user up',
          params,
          response: { 200: userSchema, ...refusals({ 404: ['user_not_found'] }) },
        },
      },
      async ({ params }) => toBody(await findUser.execute(params.id)),
    )

    for (const verb of ['ban', 'unban'] as const) {
      app.post(
        `/users/:id/${verb}`,
        {
          schema: {
            tags: ['users'],
            operationId: `${verb}User`,
            summary:
              verb === 'ban' ? 'Ban a user from lotteries that are not sealed yet' : 'Lift a ban, if there is one',
            params,
            response: {
              204: z.undefined().meta({ description: 'Done' }),
              ...refusals({ 404: ['user_not_found'], ...(verb === 'ban' && { 409: ['user_already_banned'] }) }),
            },
          },
        },
        async ({ params }, reply) => {
          await banUser[verb](params.id)
          return reply.code(204).send()
        },
      )
    }
  }
}

function toBody({ id, email, name, bannedAt }: UserState) {
  return { id, email, name, banned_at: bannedAt === null ? null : new Date(bannedAt).toISOString() }
}
