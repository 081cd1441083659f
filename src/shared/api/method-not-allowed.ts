import type { FastifyInstance, HTTPMethods } from 'fastify'
import { HttpError } from './problem-of.ts'

/**
 * Makes known paths answer 405, with `Allow`, to methods that they do not have. Must be called before the routes are
 * registered, and the returned function after that. Hidden routes, such as the files of the docs, are left alone.
 */
export function collectRoutes(app: FastifyInstance): { refuseOtherMethods: () => void } {
  const allowed = new Map<string, Set<HTTPMethods>>()
  app.addHook('onRoute', ({ url, method, schema }) => {
    if (schema?.hide) return
    const methods = allowed.get(url) ?? new Set()
    for (const routeMethod of [method].flat()) methods.add(routeMethod)
    allowed.set(url, methods)
  })
  return {
    refuseOtherMethods: () => {
      for (const [url, methods] of [...allowed]) refuseMethods(app, url, methods)
    },
  }
}

function refuseMethods(app: FastifyInstance, url: string, methods: ReadonlySet<HTTPMethods>): void {
  const allow = [...methods].join(', ')
  app.route({
    url,
    method: app.supportedMethods.filter((method) => !methods.has(method)),
    schema: { hide: true },
    onRequest: (request, reply, done) => {
      reply.header('allow', allow)
      done(new HttpError(405, `${request.method} is not allowed at this path. Allowed: ${allow}.`))
    },
    handler: () => {},
  })
}
