import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { DomainError, type ErrorKind } from '../domain/domain-error.ts'
import { type Problem, problem } from './problem.ts'

/** The HTTP status of each kind of refusal; a kind without one does not compile. */
const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
}

/** Codes of what Fastify and its plugins refuse, by status; whatever else is below 500 is an `invalid_request`. */
const CODES: Readonly<Record<number, string>> = {
  404: 'route_not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
}

/** Fastify's words for the four parts of a request, and ours. */
const PARTS = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const

/** Every error leaves as a problem document; what nobody named is logged and leaves as a bare 500. */
export function registerErrorHandler(app: FastifyInstance): void {
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problem(404, 'route_not_found', `There is nothing at ${request.method} ${pathOf(request)}.`, request),
    ),
  )
}

export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = problemOf(error, request)
  if (answer.status >= 500) request.log.error({ err: error }, answer.detail)
  if (answer.status === 503) reply.header('retry-after', retryAfterSeconds())
  return sendProblem(reply, answer)
}

/** More work than can be done in time. */
export class Overloaded extends DomainError {
  constructor() {
    super('unavailable', 'overloaded', 'There is more to do than can be done in time; try again.')
  }
}

class InvalidRequest extends Error {
  readonly fields: NonNullable<Problem['errors']>

  constructor(fields: NonNullable<Problem['errors']>) {
    super('invalid request')
    this.fields = fields
  }
}

/** For what a schema cannot say; schemas of the routes report their own fields. */
export function invalidRequest(fields: NonNullable<Problem['errors']>): Error {
  return new InvalidRequest(fields)
}

function problemOf(error: FastifyError | InvalidRequest | DomainError, request: FastifyRequest): Problem {
  if (error instanceof DomainError) return problem(STATUS[error.kind], error.code, error.message, request)
  if (error instanceof InvalidRequest) return invalidFields(error.fields, request)
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields = error.validation.map(({ instancePath, message, params }) => ({
      in: PARTS[error.validationContext as keyof typeof PARTS] ?? 'body',
      field: unknownKeys(params) ?? instancePath.slice(1).replaceAll('/', '.'),
      detail: message ?? 'Invalid',
    }))
    return invalidFields(fields, request)
  }
  const status = error.statusCode ?? 500
  if (status >= 500) return problem(500, 'internal_error', 'Something went wrong on our side.', request)
  const code = CODES[status]
  return problem(code ? status : 400, code ?? 'invalid_request', error.message, request)
}

function invalidFields(fields: NonNullable<Problem['errors']>, request: FastifyRequest): Problem {
  const named = fields.map(({ in: part, field, detail }) => `${[part, field].filter(Boolean).join(' ')}: ${detail}`)
  return problem(400, 'invalid_request', `The request is not valid. ${named.join('; ')}`, request, fields)
}

/** zod reports unknown fields as one issue of the object that holds them. */
function unknownKeys(params: unknown): string | undefined {
  const keys =
    (params as { issue?: { keys?: string[] }; keys?: string[] }).issue?.keys ?? (params as { keys?: string[] }).keys
  return keys?.map((key) => key.slice(0, 64)).join(', ')
}

function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  return reply
    .code(answer.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(answer)
}

/** Spread over three seconds, so that those refused together do not come back together. */
function retryAfterSeconds(): number {
  return 1 + Math.floor(Math.random() * 3)
}

function pathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] as string).slice(0, 200)
}
