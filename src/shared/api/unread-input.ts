import type { FastifyInstance, FastifyRequest, preParsingHookHandler } from 'fastify'
import { HttpError, InvalidRequest } from './problem-of.ts'

/**
 * Refuses input that a route does not read: a body, or a query parameter such as a `?date=` that belongs in the body. To
 * ignore the input would hide the caller's mistake. Health checks, metrics and the docs ignore it.
 */
export function refuseUnreadInput(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const { hide, tags, body, querystring } = route.schema ?? {}
    if (hide || tags?.includes('operations')) return
    const refuse: preParsingHookHandler = (request, _reply, payload, done) => {
      const [field] = querystring ? [] : Object.keys(request.query as object)
      if (!body && hasBody(request)) done(new HttpError(400, 'This route takes no body.'))
      else if (field === undefined) done(null, payload)
      else done(new InvalidRequest([{ in: 'query', field, detail: 'This route takes no query parameters.' }]))
    }
    route.preParsing = [refuse, ...[route.preParsing ?? []].flat()]
  })
}

/** Whether the request has a body, as one of these headers says (RFC 9112 section 6.3). */
function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
