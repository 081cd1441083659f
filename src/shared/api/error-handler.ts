import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from './problem.ts'
import { HttpError, problemOf } from './problem-of.ts'

/** Every error leaves as a problem document; what nobody named is logged and leaves as a bare 500. */
export function registerErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler<Error>((error, request, reply) => answerError(error, request, reply))
  app.setNotFoundHandler(({ method, url }) => {
    throw new HttpError(404, `There is nothing at ${method} ${url.split('?', 1)[0]}.`)
  })
}

/** Also for what fails before there is a route, and so before any hook has run. */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const answer = problemOf(error, request)
  if (answer.status === 500) request.log.error({ err: error }, answer.detail)
  if (answer.status === 503) reply.header('retry-after', retryAfterSeconds())
  sendProblem(reply.header('x-request-id', request.id), answer)
}

function sendProblem(reply: FastifyReply, answer: Problem): void {
  reply
    .code(answer.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(answer)
}

/** Spread over three seconds, so that those refused together do not come back together. */
function retryAfterSeconds(): number {
  return 1 + Math.floor(Math.random() * 3)
}
