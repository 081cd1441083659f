import type { FastifyInstance, HTTPMethods } from 'fastify'
import { HttpError } from './problem-of.ts'

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
    method: app.supportedMethods.filter((method) => !methods.has(method)),
    schema: { hide: true },
    onRequest: (request, reply, done) => {
      reply.header('allow', allow)
      done(new HttpError(405, `${request.method} is not allowed here; ${allow} is.`))
    },
    handler: () => {},
  })
}
