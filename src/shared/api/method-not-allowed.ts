import type { FastifyInstance, HTTPMethods } from 'fastify'

class MethodNotAllowed extends Error {
  readonly statusCode = 405
}

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/**
 * Makes known paths answer 405 with `Allow` to methods they do not have. Call it before the routes are registered, and
 * what it returns after; hidden routes, such as those of the docs' files, are left alone.
 */
export function collectRoutes(app: FastifyInstance): { refuseOtherMethods: () => void } {
  const allowed = new Map<string, Set<HTTPMethods>>()
  app.addHook('onRoute', ({ url, method, schema }) => {
    if (schema?.hide) return
    const methods = allowed.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
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
    method: METHODS.filter((method) => !methods.has(method)),
    schema: { hide: true },
    onRequest: (request, reply, done) => {
      reply.header('allow', allow)
      done(new MethodNotAllowed(`${request.method} is not allowed here; ${allow} is.`))
    },
    handler: () => {},
  })
}
