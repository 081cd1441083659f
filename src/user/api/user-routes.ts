import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { answer, location } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { bodyRefusals, refusals } from '../../shared/api/refusals.ts'
import { EXAMPLE_USER_ID, instantSchema, userIdSchema, uuidSchema } from '../../shared/api/schemas.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import type { BanUser } from '../application/ban-user.ts'
import type { FindUser } from '../application/find-user.ts'
import type { RegisterUser } from '../application/register-user.ts'
import { EmailTaken, UserAlreadyBanned, UserNotFound } from '../domain/errors.ts'
import type { UserState } from '../domain/user.ts'

export interface UserUseCases {
  readonly registerUser: RegisterUser
  readonly findUser: FindUser
  readonly banUser: BanUser
}

const userSchema = z
  .object({
    id: uuidSchema,
    email: z.string(),
    name: z.string().nullable(),
    banned_at: instantSchema.nullable(),
  })
  .meta({
    id: 'User',
    description: 'A person who can take part in lotteries, unless banned',
    examples: [{ id: EXAMPLE_USER_ID, email: 'ada@example.org', name: 'Ada', banned_at: null }],
  })

/** The documentation has a simpler pattern, because few other languages support this syntax. */
const NAME = /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,200}$/u

const newUserSchema = z
  .strictObject({
    // RFC 5321 section 4.5.3.1: 64 octets before the @, 254 in all.
    email: z
      .email()
      .max(254)
      .refine((email) => email.indexOf('@') <= 64, 'Invalid email address')
      .meta({ description: 'Unique among all users, in any letter case' }),
    name: z
      .string()
      .regex(NAME, 'Must be 1 to 200 characters, not all of them blank, none of them a control character')
      .meta({ pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]{1,200}$' })
      .optional(),
  })
  .meta({
    id: 'NewUser',
    description: 'A person to register as a user',
    examples: [{ email: 'ada@example.org', name: 'Ada' }],
  })

const params = z.object({ id: userIdSchema })
const notFound = new UserNotFound(EXAMPLE_USER_ID)
const alreadyBanned = new UserAlreadyBanned(EXAMPLE_USER_ID)

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
            201: answer(userSchema, {
              description: 'The registered user',
              headers: location(`/users/${EXAMPLE_USER_ID}`),
            }),
            ...bodyRefusals(new EmailTaken(), new OutcomeUnknown()),
          },
        },
      },
      async (request, reply) => {
        const { email, name = null } = request.body
        const user = await registerUser.execute({ email, name }, causeOf(request))
        return reply.code(201).header('location', `/users/${user.id}`).send(toBody(user))
      },
    )

    app.get(
      '/users/:id',
      {
        schema: {
          tags: ['users'],
          operationId: 'getUser',
          summary: 'Look up a user',
          params,
          response: { 200: answer(userSchema, { description: 'The user' }), ...refusals(notFound) },
        },
      },
      async ({ params }) => toBody(await findUser.execute(params.id)),
    )

    app.post(
      '/users/:id/ban',
      {
        schema: {
          tags: ['users'],
          operationId: 'banUser',
          summary: 'Ban a user from lotteries that are not sealed yet',
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
        schema: {
          tags: ['users'],
          operationId: 'unbanUser',
          summary: 'Lift the ban of a user, if there is one',
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

function toBody({ id, email, name, bannedAt }: UserState) {
  return { id, email, name, banned_at: bannedAt === null ? null : new Date(bannedAt).toISOString() }
}
