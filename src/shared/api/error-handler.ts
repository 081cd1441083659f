import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { unmarkImmutable } from './immutable.ts'
import type { Problem } from './problem.ts'
import { HttpError, problemOf } from './problem-of.ts'

/** Which bodies are accepted (Linked Data Platform section 7.1, RFC 9110 section 12.5.3): uncompressed JSON. */
const ACCEPTED_BODIES = { 'accept-post': 'application/json', 'accept-encoding': 'identity' }

/** Answers every error with a problem document. An unexpected error is logged, and its document is a bare 500. */
export function registerErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler<Error>((error, request, reply) => answerError(error, request, reply))
  app.setNotFoundHandler(({ method, url }) => {
    throw new HttpError(404, `No route matches ${method} ${url.split('?', 1)[0]}.`)
  })
}

/** Answers one error, also an error that comes before the routing, when no hook has set a header yet. */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const answer = problemOf(error, request)
  if (answer.status === 500) request.log.error({ err: error }, 'unexpected error')
  if (answer.status === 401) reply.header('www-authenticate', challengeOf(answer))
  if (answer.status === 503) reply.header('retry-after', retryAfterSeconds())
  if (answer.status === 415) reply.headers(ACCEPTED_BODIES)
  unmarkImmutable(reply)
  reply.problemCode = answer.code
  sendProblem(reply.header('x-request-id', request.id), answer)
}

/** RFC 6750 section 3: a request without a token is challenged without an error. */
function challengeOf({ code, detail }: Problem): string {
  const challenge = 'Bearer realm="lottery-service"'
  return code === 'token_invalid' ? `${challenge}, error="invalid_token", error_description="${detail}"` : challenge
}

function sendProblem(reply: FastifyReply, answer: Problem): void {
  reply
    .code(answer.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(answer)
}

/** Spreads retries over three seconds, so that callers refused together do not come back together. */
function retryAfterSeconds(): number {
  return 1 + Math.floor(Math.random() * 3)
}
