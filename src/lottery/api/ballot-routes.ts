import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { markPrivate, ownUserOf, requireUser, seesUser } from '../../shared/api/access.ts'
import { answer, immutableHeaders, notModified } from '../../shared/api/answer.ts'
import { conditionalHeaders, markImmutable } from '../../shared/api/immutable.ts'
import { pageQuery, toPage } from '../../shared/api/page.ts'
import { refusals } from '../../shared/api/refusals.ts'
import { userIdSchema } from '../../shared/api/schemas.ts'
import { NotYourUser, OwnUserNotFound } from '../../shared/domain/access-errors.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { FindBallot } from '../application/find-ballot.ts'
import type { ListBallots } from '../application/list-ballots.ts'
import { isNamed, type StoredBallot } from '../domain/ballot.ts'
import { refusalExamples } from './refusal-examples.ts'
import {
  ballotIdSchema,
  ballotPageSchema,
  ballotSchema,
  dateSchema,
  ownedBallotPageSchema,
  toBallotBody,
  toOwnedBallotBody,
} from './schemas.ts'

export interface BallotUseCases {
  readonly findBallot: FindBallot
  readonly listBallots: ListBallots
}

const tags = ['ballots']

const ballotsOfUserQuery = z.strictObject(pageQuery(z.strictObject({ date: dateSchema, ordinal: z.int().min(1) })))
type BallotsOfUserQuery = z.output<typeof ballotsOfUserQuery>

export function ballotRoutes({ findBallot, listBallots }: BallotUseCases): FastifyPluginAsyncZod {
  async function pageOfUser(userId: UserId, { limit, cursor }: BallotsOfUserQuery, reply: FastifyReply) {
    const rows = await listBallots.ofUser({ userId, limit: limit + 1, ...(cursor && { before: cursor }) })
    markPrivate(reply)
    return toPage(rows, limit, ({ lotteryDate, ordinal }) => ({ date: lotteryDate, ordinal }), toOwnedBallotBody)
  }

  return async (app) => {
    app.get(
      '/lotteries/:date/ballots/:id',
      {
        config: { access: 'read-private' },
        schema: {
          tags,
          operationId: 'getBallot',
          summary: 'Look up a ballot',
          description: 'An accepted ballot is never removed, and never changes, except that its user can be forgotten.',
          headers: conditionalHeaders,
          params: z.object({ date: dateSchema, id: ballotIdSchema }),
          response: {
            200: answer(ballotSchema, { description: 'The ballot', headers: immutableHeaders }),
            304: notModified,
            ...refusals(
              refusalExamples.lotteryNotFound,
              refusalExamples.ballotNotFound,
              refusalExamples.archiveUnavailable,
            ),
          },
        },
      },
      async (request, reply) => {
        const { date, id } = request.params
        const ballot = await findBallot.execute(date, id)
        if (request.access.scope === 'public') markImmutable(reply, ballot.id)
        else markPrivate(reply)
        return ballotBodyFor(request)(ballot)
      },
    )

    app.get(
      '/lotteries/:date/ballots',
      {
        config: { access: 'read-private' },
        schema: {
          tags,
          operationId: 'listBallots',
          summary: 'List the ballots of a lottery in ordinal order',
          description:
            'Ordinals have no gaps, and accepted ballots never change. Ballots that are submitted later come ' +
            'after all others.',
          params: z.object({ date: dateSchema }),
          querystring: z.strictObject(pageQuery(z.int().min(0))),
          response: {
            200: answer(ballotPageSchema, { description: 'The ballots' }),
            ...refusals(refusalExamples.lotteryNotFound, refusalExamples.archiveUnavailable),
          },
        },
      },
      async (request, reply) => {
        const { limit, cursor } = request.query
        if (request.access.scope !== 'public') markPrivate(reply)
        const rows = await listBallots.ofLottery({ date: request.params.date, after: cursor ?? 0, limit: limit + 1 })
        return toPage(rows, limit, ({ ordinal }) => ordinal, ballotBodyFor(request))
      },
    )

    app.get(
      '/users/me/ballots',
      {
        config: { access: 'read-own' },
        schema: {
          tags,
          operationId: 'listOwnBallots',
          summary: 'List the ballots of the user of the token, newest date first',
          description: 'The order and the cursor are those of the ballots of any user.',
          querystring: ballotsOfUserQuery,
          response: {
            200: answer(ownedBallotPageSchema, { description: 'The ballots' }),
            ...refusals(new OwnUserNotFound(), refusalExamples.archiveUnavailable),
          },
        },
      },
      async (request, reply) => pageOfUser(ownUserOf(request), request.query, reply),
    )

    app.get(
      '/users/:id/ballots',
      {
        config: { access: 'list-ballots-of-user' },
        schema: {
          tags,
          operationId: 'listBallotsOfUser',
          summary: 'List the ballots of a user, newest date first',
          description: 'The pages together hold each ballot once. A user without ballots has an empty page.',
          params: z.object({ id: userIdSchema }),
          querystring: ballotsOfUserQuery,
          response: {
            200: answer(ownedBallotPageSchema, { description: 'The ballots' }),
            ...refusals(refusalExamples.userNotFound, new NotYourUser(), refusalExamples.archiveUnavailable),
          },
        },
      },
      async (request, reply) => {
        requireUser(request, request.params.id)
        return pageOfUser(request.params.id, request.query, reply)
      },
    )
  }
}

/** Bodies of ballots, with their users where the caller may see them. */
function ballotBodyFor(request: FastifyRequest) {
  return (ballot: StoredBallot) =>
    isNamed(ballot) && seesUser(request, ballot.userId) ? toOwnedBallotBody(ballot) : toBallotBody(ballot)
}
