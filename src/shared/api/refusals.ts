import { DatabaseUnavailable, Overloaded } from '../application/unavailable.ts'
import type { HeaderNotes } from './answer.ts'
import { problemSchemaOf } from './problem.ts'
import { HttpError, InvalidRequest, NoJson, problemOf } from './problem-of.ts'
import { PROBLEM_TYPE } from './shared-components.ts'

const REQUEST = { id: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' }
/** Refusals that every route shares. */
const ANYWHERE = [
  new InvalidRequest([{ in: 'query', field: 'color', detail: 'Unknown field' }]),
  new HttpError(429, 'Rate limit exceeded, retry in 1 minute'),
  new HttpError(500, 'The service failed to answer this request. Its log has the cause under the request id.'),
  new Overloaded(),
  new DatabaseUnavailable(),
]
const WITH_BODY = [new HttpError(413, 'Request body is too large'), new NoJson()]
const RETRY_AFTER: Record<string, HeaderNotes> = {
  'Retry-After': { type: 'integer', description: 'Seconds to wait', example: 2 },
}
const ACCEPTED_BODIES: Record<string, HeaderNotes> = {
  'Accept-Post': { type: 'string', description: 'The content type to send', example: 'application/json' },
  'Accept-Encoding': { type: 'string', description: 'The content coding to send: none', example: 'identity' },
}
/** Headers of refusals, by status. */
const HEADERS: Readonly<Record<number, Record<string, HeaderNotes>>> = {
  415: ACCEPTED_BODIES,
  429: RETRY_AFTER,
  503: RETRY_AFTER,
}

/**
 * Response schemas of the refusals of a route: those that every route shares, and `errors`. The documentation is made from
 * the errors themselves, so its status, code and detail are those that a caller gets.
 */
export function refusals(...errors: readonly Error[]) {
  return documented([...ANYWHERE, ...errors])
}

/** Response schemas of the refusals of a route that takes a body. */
export function bodyRefusals(...errors: readonly Error[]) {
  return documented([...ANYWHERE, ...WITH_BODY, ...errors])
}

/** Errors that a response was made from, so that others can be added. */
const errorsOf = new WeakMap<object, readonly Error[]>()

/** Adds refusals to the responses of a route. */
export function withRefusals(responses: Readonly<Record<string, unknown>>, errors: readonly Error[]) {
  const known = Object.values(responses).flatMap((response) => errorsOf.get(response as object) ?? [])
  return { ...responses, ...documented([...known, ...errors]) }
}

/** Response schemas of these errors alone. The codes of a status are sorted, so that equal sets of codes are equal. */
export function documented(errors: readonly Error[]) {
  const refused = errors.map((error) => ({ error, problem: problemOf(error, REQUEST) }))
  const byStatus = Map.groupBy(
    refused.sort((a, b) => (a.problem.code < b.problem.code ? -1 : 1)),
    ({ problem }) => problem.status,
  )
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => {
      const codes = [...new Set(ofStatus.map(({ problem }) => problem.code))]
      const examples = Object.fromEntries(ofStatus.map(({ problem: value }) => [value.code, { value }]))
      const response = {
        description: codes.map((code) => `\`${code}\``).join(', '),
        ...(HEADERS[Number(status)] && { headers: HEADERS[Number(status)] }),
        content: { [PROBLEM_TYPE]: { schema: problemSchemaOf(codes), examples } },
      }
      errorsOf.set(
        response,
        ofStatus.map(({ error }) => error),
      )
      return [status, response]
    }),
  )
}
