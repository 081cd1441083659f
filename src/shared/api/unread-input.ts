import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpError, InvalidRequest } from './problem-of.ts'

/**
 * What a call does not read it does not take either: a body that it has no use for, or a `?date=` that belongs into the
 * body, is a mistake that its sender wants to hear of. Health checks and the docs are left alone.
 */
export function refuseUnreadInput(app: FastifyInstance): void {
  app.addHook('preParsing', async (request) => {
    const { is404, query, routeOptions } = request
    const { hide, tags, body, querystring } = routeOptions.schema ?? {}
    if (is404 || hide || tags?.includes('operations')) return
    if (!body && hasBody(request)) throw new HttpError(400, 'This call takes no body.')
    const [field] = Object.keys(query as object)
    if (!querystring && field !== undefined) {
      throw new InvalidRequest([{ in: 'query', field, detail: 'This call takes no query parameters.' }])
    }
  })
}

/** RFC 9112 section 6.3: a request has a body when it has one of these headers. */
function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
