import type { FastifyPluginAsync } from 'fastify'
import type { PageSettings } from './page-parts.ts'

/** Days that a security.txt is valid (RFC 9116 section 2.5.5 recommends less than a year). It is made for each request. */
const VALID_DAYS = 90
const ROBOTS = 'User-agent: *\nDisallow: /console\nDisallow: /check\n'

export function wellKnownRoutes({ clock, securityContact }: PageSettings): FastifyPluginAsync {
  return async (app) => {
    const hidden = { schema: { hide: true } }
    app.get('/favicon.ico', hidden, async (_request, reply) => reply.redirect('/assets/favicon.ico'))
    app.get('/robots.txt', hidden, async (_request, reply) => reply.type('text/plain; charset=utf-8').send(ROBOTS))
    if (securityContact === undefined) return
    app.get('/.well-known/security.txt', hidden, async (_request, reply) => {
      const expires = new Date(clock.now() + VALID_DAYS * 86_400_000).toISOString()
      const text = `Contact: ${securityContact}\nExpires: ${expires}\nPreferred-Languages: en\n`
      return reply.type('text/plain; charset=utf-8').send(text)
    })
  }
}
