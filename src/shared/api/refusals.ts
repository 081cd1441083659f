import { DatabaseUnavailable, Overloaded } from '../application/unavailable.ts'
import type { HeaderNotes } from './answer.ts'
import { problemSchema } from './problem.ts'
import { HttpError, InvalidRequest, problemOf } from './problem-of.ts'

const REQUEST = { id: '6f1a9c9e-1f4e-4f0e-9a3c-0d9f3c1f2a11' }
/** Refusals that every route shares. */
const ANYWHERE = [
  new HttpError(429, 'Rate limit exceeded, retry in 1 minute'),
  new HttpError(500, 'The service failed to answer this request. Its log has the cause under the request id.'),
  new Overloaded(),
  new DatabaseUnavailable(),
]
const WITH_BODY = [
  new InvalidRequest([{ in: 'body', field: 'color', detail: 'Unknown field' }]),
  new HttpError(413, 'Request body is too large'),
  new HttpError(415, 'Unsupported Media Type: text/plain'),
]
const WITHOUT_BODY = [new InvalidRequest([{ in: 'query', field: 'color', detail: 'Unknown field' }])]
const RETRY_AFTER: Record<string, HeaderNotes> = {
  'Retry-After': { type: 'integer', description: 'Seconds to wait', example: 2 },
}

/**
 * Response schemas of the refusals of a route: those that every route shares, and `errors`. The documentation is made from
 * the errors themselves, so its status, code and detail are those that a caller gets.
 */
export function refusals(...errors: readonly Error[]) {
  return documented([...ANYWHERE, ...WITHOUT_BODY, ...errors])
}

/** Response schemas of the refusals of a route that takes a body. */
export function bodyRefusals(...errors: readonly Error[]) {
  return documented([...ANYWHERE, ...WITH_BODY, ...errors])
}

/** Response schemas of these errors alone. */
export function documented(errors: readonly Error[]) {
  const byStatus = Map.groupBy(
    errors.map((error) => problemOf(error, REQUEST)),
    ({ status }) => status,
  )
  return Object.fromEntries(
    [...byStatus].map(([status, problems]) => [
      status,
      {
        description: problems.map(({ code }) => `\`${code}\``).join(', '),
        ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
        content: {
          'application/problem+json': {
            schema: problemSchema,
            examples: Object.fromEntries(problems.map((value) => [value.code, { value }])),
          },
        },
      },
    ]),
  )
}
