import type { FastifyError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { TimedOut } from '../application/unavailable.ts'
import type { ErrorCode } from '../domain/error-code.ts'
import { type ErrorKind, ServiceError } from '../domain/service-error.ts'
import { type InvalidField, type Problem, problem } from './problem.ts'

/** HTTP status of each kind of error. A kind without a status does not compile. */
const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
}

/** Codes of the refusals of Node, Fastify and its plugins, by status. Any other status below 500 is `invalid_request`. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  404: 'route_not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  417: 'invalid_request',
  429: 'too_many_requests',
  431: 'headers_too_large',
}

type ZodValidationError = Pick<FastifyError, 'validation' | 'validationContext'>

/** Name of each part of a request in a problem document, by Fastify's name. */
const PARTS: Readonly<Record<string, InvalidField['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/** Limits of what a problem document repeats of the request: characters of a text, characters of a field's name, fields. */
const MAX_QUOTE = 200
const MAX_NAME = 64
const MAX_FIELDS = 10

/** A refusal by HTTP itself. The status names the refusal, and the message is a full sentence. */
export class HttpError extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** The refusal of a body of another content type than JSON. */
export class NoJson extends HttpError {
  constructor() {
    super(415, 'Send the body as JSON, with the header Content-Type: application/json.')
  }
}

/** A refusal of fields that are wrong in a way that no schema can express. Schemas report their own fields. */
export class InvalidRequest extends Error {
  readonly fields: InvalidField[]

  constructor(fields: InvalidField[]) {
    super('The request is not valid.')
    this.fields = fields
  }
}

/** The problem document of an error. An unexpected error is a bare 500: its text may hold secrets or personal data. */
export function problemOf(error: Error, request: { readonly id: string }): Problem {
  if (error instanceof ServiceError) return problem(STATUS[error.kind], error.code, error.message, request)
  if (error instanceof InvalidRequest) return invalidFields(error.fields, request)
  if (hasZodFastifySchemaValidationErrors(error)) return invalidFields(fieldsOf(error), request)

  const { statusCode: status = 500, code: name } = error as Partial<FastifyError>
  if (name === 'FST_ERR_HANDLER_TIMEOUT') return problemOf(new TimedOut(), request)
  if (name === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return problemOf(new NoJson(), request)
  if (status >= 500)
    return problem(
      500,
      'internal_error',
      'The service failed to answer this request. Its log has the cause under the request id.',
      request,
    )
  const code = CODES[status]
  return problem(code ? status : 400, code ?? 'invalid_request', error.message.slice(0, MAX_QUOTE), request)
}

function invalidFields(fields: InvalidField[], request: { readonly id: string }): Problem {
  const named = fields.map(({ in: part, field, detail }) => `${[part, field].filter(Boolean).join(' ')}: ${detail}`)
  return problem(400, 'invalid_request', `The request is not valid. ${named.join('; ')}`, request, fields)
}

function fieldsOf({ validation = [], validationContext = 'body' }: ZodValidationError): InvalidField[] {
  const part = PARTS[validationContext] ?? 'body'
  return validation
    .flatMap(({ instancePath, message = 'Invalid', params }) => {
      const path = instancePath.split('/').slice(1).filter(Boolean)
      // zod reports unknown fields as one issue of the object that holds them.
      const { keys } = params as { keys?: readonly string[] }
      const pointer = part === 'body' && path.length > 1 ? { pointer: instancePath } : {}
      if (!keys) return [{ path, detail: message, pointer }]
      return keys.map((key) => ({ path: [...path, key], detail: 'Unknown field', pointer }))
    })
    .slice(0, MAX_FIELDS)
    .map(({ path, detail, pointer }) => ({ in: part, field: path.join('.').slice(0, MAX_NAME), detail, ...pointer }))
}
