import { callbackify } from 'node:util'
import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest, preParsingAsyncHookHandler } from 'fastify'
import { HttpError } from './problem-of.ts'

/** Limits of one client address in a minute; 0: no limit. */
export interface ClientLimits {
  readonly rateLimitPerMinute?: number
  /** Registrations by anonymous callers. */
  readonly registrationsPerMinute?: number
  /** Tokens that are refused as invalid. */
  readonly refusedTokensPerMinute?: number
}

const MINUTE_MS = 60_000

type Limiter = ReturnType<FastifyInstance['createRateLimit']>
type Count = Extract<Awaited<ReturnType<Limiter>>, { isAllowed: false }>

/**
 * Limits what one client address may do in a minute. A minute begins with the first counted request of the address. An
 * IPv6 address counts with all others of its /64 network. Each limit remembers the 5,000 addresses that were seen last.
 * Routes with `config.rateLimit: false` have no limits. Must be called before the hook that verifies tokens is added.
 */
export async function registerClientLimits(app: FastifyInstance, limits: ClientLimits): Promise<void> {
  const { rateLimitPerMinute = 0, registrationsPerMinute = 0, refusedTokensPerMinute = 0 } = limits
  await app.register(rateLimit, {
    global: false,
    timeWindow: '1 minute',
    // A client that has closed its connection has no address any more. Such clients share one limit.
    keyGenerator: ({ ip = 'gone' }: { readonly ip?: string }) => normalizeIP(ip),
    allowList: ({ routeOptions }) => routeOptions.config.rateLimit === false,
  })
  if (rateLimitPerMinute > 0) limitRequests(app, rateLimitPerMinute)
  if (refusedTokensPerMinute > 0) limitRefusedTokens(app, refusedTokensPerMinute)
  if (registrationsPerMinute > 0) limitRegistrations(app, registrationsPerMinute)
}

/** Limits all requests, also those to unknown paths (404) and with other methods (405). */
function limitRequests(app: FastifyInstance, max: number): void {
  app.addHook('onRequest', app.rateLimit({ max }))
}

/** Refuses every request with an Authorization header from an address that sent too many invalid tokens. */
function limitRefusedTokens(app: FastifyInstance, max: number): void {
  const countOf = app.createRateLimit({ max })
  /** When a token was last refused, in milliseconds of the monotonic clock. A minute later no count is left to be read. */
  let lastRefusedAt = Number.NEGATIVE_INFINITY
  const refuseAfterTooMany = callbackify(async (request: FastifyRequest, reply: FastifyReply) => {
    const count = await countOf(request, { increment: false })
    if (!count.isAllowed && count.remaining === 0) refuse(reply, count, 'This address sent too many invalid tokens.')
  })
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.authorization === undefined || performance.now() - lastRefusedAt > MINUTE_MS) return done()
    refuseAfterTooMany(request, reply, done)
  })
  app.addHook('onError', async (request, _reply, { code }) => {
    if (code !== 'token_invalid') return
    lastRefusedAt = performance.now()
    await countOf(request)
  })
}

/** Runs after all onRequest hooks, which set the actor, and before the body is read. */
function limitRegistrations(app: FastifyInstance, max: number): void {
  const countOf = app.createRateLimit({ max })
  const limit: preParsingAsyncHookHandler = async (request, reply) => {
    if (request.actor !== 'anonymous') return
    const count = await countOf(request)
    if (!count.isAllowed && count.isExceeded)
      refuse(reply, count, 'This address sent too many registrations without a token.')
  }
  app.addHook('onRoute', (route) => {
    if (route.config?.access === 'register') route.preParsing = [limit, ...[route.preParsing ?? []].flat()]
  })
}

function refuse(reply: FastifyReply, { ttlInSeconds }: Count, reason: string): never {
  reply.header('retry-after', ttlInSeconds)
  throw new HttpError(429, `${reason} Retry in ${ttlInSeconds} seconds.`)
}
