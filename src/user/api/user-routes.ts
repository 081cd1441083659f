import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { markPrivate, ownUserOf, seesUser } from '../../shared/api/access.ts'
import { answer, location } from '../../shared/api/answer.ts'
import { causeOf } from '../../shared/api/cause.ts'
import { pageOf } from '../../shared/api/page.ts'
import { bodyRefusals, refusals } from '../../shared/api/refusals.ts'
import { EXAMPLE_USER_ID, instantSchema, userIdSchema, uuidSchema } from '../../shared/api/schemas.ts'
import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import { OwnUserNotFound } from '../../shared/domain/access-errors.ts'
import type { FindUser } from '../application/find-user.ts'
import type { RegisterUser } from '../application/register-user.ts'
import { EmailTaken, UserNotFound } from '../domain/errors.ts'
import type { UserState } from '../domain/user.ts'
import { USER_NAME } from '../domain/user-name.ts'

export interface UserUseCases {
  readonly registerUser: RegisterUser
  readonly findUser: FindUser
}

const userSchema = z
  .object({
    id: uuidSchema,
    email: z.string().optional().meta({ description: 'Absent for callers who may not see it' }),
    name: z.string().nullable().optional().meta({ description: 'Absent for callers who may not see it' }),
    banned_at: instantSchema.nullable(),
  })
  .meta({
    id: 'User',
    description: 'A person who can take part in lotteries, unless banned',
    examples: [{ id: EXAMPLE_USER_ID, email: 'ada@example.org', name: 'Ada', banned_at: null }],
  })

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
      .regex(
        USER_NAME,
        'Must be 1 to 200 characters, not all of them invisible, none of them a control or bidi control',
      )
      // Simpler than the rule itself, because few other languages support its syntax.
      .meta({ pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]{1,200}$' })
      .optional(),
  })
  .meta({
    id: 'NewUser',
    description: 'A person to register as a user',
    examples: [{ email: 'ada@example.org', name: 'Ada' }],
  })

const userPageSchema = pageOf(userSchema, 'UserPage')

const params = z.object({ id: userIdSchema })
const notFound = new UserNotFound(EXAMPLE_USER_ID)

export function userRoutes({ registerUser, findUser }: UserUseCases): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      '/users',
      {
        config: { access: 'register' },
        schema: {
          tags: ['users'],
          operationId: 'registerUser',
          summary: 'Register a user',
          description:
            'An e-mail address belongs to one user at most in any letter case. The response is sent once ' +
            'the user is stored.',
          body: newUserSchema,
          response: {
            200: answer(userSchema, { description: 'The user that the subject of the token has already' }),
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
        const { scope, identity } = request.access
        const person = { email, name, identity: scope === 'own' ? identity : undefined }
        const { user, isNew } = await registerUser.execute(person, causeOf(request))
        if (isNew) reply.code(201).header('location', `${app.prefix}/users/${user.id}`)
        return toPrivateBody(user)
      },
    )

    app.get(
      '/users',
      {
        config: { access: 'find-users' },
        schema: {
          tags: ['users'],
          operationId: 'findUsers',
          summary: 'Find the user with an e-mail address',
          description: 'The page holds one user, or none. The letter case of the address does not matter.',
          querystring: z.strictObject({ email: newUserSchema.shape.email }),
          response: { 200: answer(userPageSchema, { description: 'The users' }), ...refusals() },
        },
      },
      async ({ query: { email } }, reply) => {
        const user = await findUser.byEmail(email)
        markPrivate(reply)
        return { items: user ? [toPrivateBody(user)] : [], next_cursor: null }
      },
    )

    app.get(
      '/users/me',
      {
        config: { access: 'read-own' },
        schema: {
          tags: ['users'],
          operationId: 'getOwnUser',
          summary: 'Look up the user of the token',
          description: 'The subject of a token gets its user by registering.',
          response: {
            200: answer(userSchema, { description: 'The user' }),
            ...refusals(new OwnUserNotFound()),
          },
        },
      },
      async (request, reply) => {
        const user = await findUser.execute(ownUserOf(request))
        markPrivate(reply)
        return toPrivateBody(user)
      },
    )

    app.get(
      '/users/:id',
      {
        config: { access: 'read-private' },
        schema: {
          tags: ['users'],
          operationId: 'getUser',
          summary: 'Look up a user',
          description:
            'The response shows the stored user. `banned_at` is null unless the user is banned at that moment.',
          params,
          response: { 200: answer(userSchema, { description: 'The user' }), ...refusals(notFound) },
        },
      },
      async (request, reply) => {
        const user = await findUser.execute(request.params.id)
        if (!seesUser(request, user.id)) return toBody(user)
        markPrivate(reply)
        return toPrivateBody(user)
      },
    )
  }
}

function toBody({ id, bannedAt }: UserState) {
  return { id, banned_at: bannedAt === null ? null : new Date(bannedAt).toISOString() }
}

function toPrivateBody(user: UserState) {
  const { email, name } = user
  return { ...toBody(user), email, name }
}
