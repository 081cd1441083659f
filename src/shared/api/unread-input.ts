import type { FastifyInstance, FastifyRequest, preParsingHookHandler } from 'fastify'
import { HttpError, InvalidRequest } from './problem-of.ts'

/**
 * What a call does not read it does not take either: a body that it has no use for, or a `?date=` that belongs into the
 * body, is a mistake that its sender wants to hear of. Health checks and the docs are left alone.
 */
export function refuseUnreadInput(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const { hide, tags, body, querystring } = route.schema ?? {}
    if (hide || tags?.includes('operations')) return
    const refuse: preParsingHookHandler = (request, _reply, payload, done) => {
      const [field] = querystring ? [] : Object.keys(request.query as object)
      if (!body && hasBody(request)) done(new HttpError(400, 'This call takes no body.'))
      else if (field === undefined) done(null, payload)
      else done(new InvalidRequest([{ in: 'query', field, detail: 'This call takes no query parameters.' }]))
    }
    route.preParsing = [refuse, ...[route.preParsing ?? []].flat()]
  })
}

/** RFC 9112 section 6.3: a request has a body when it has one of these headers. */
function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
