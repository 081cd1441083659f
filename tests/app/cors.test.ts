import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { bearer } from '../support/access.ts'
import { serve } from '../support/http.ts'

const SHOP = 'https://shop.example'
const OTHER = 'https://other.example'
const settings = { corsOrigins: [SHOP, 'http://localhost:3000'] }
const EXPOSED = 'X-Request-Id, Location, ETag, Retry-After, Idempotency-Replayed'
const preflight = (origin: string, method: string) => ({ origin, 'access-control-request-method': method })

describe('scripts of other origins', () => {
  it('may read responses and their headers when their origin is in the list', async () => {
    const { call } = await serve(settings)
    const { headers } = await call('GET /lotteries', undefined, { origin: SHOP })

    expect(headers).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-expose-headers': EXPOSED,
      vary: 'Origin',
    })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })

  it('may read refusals too, those of tokens and of limits included', async () => {
    const { call } = await serve({ ...settings, rateLimitPerMinute: 1 })
    const refused = await call('POST /users', { email: 'a@example.org' }, { origin: SHOP, authorization: 'Bearer x' })
    const limited = await call('GET /lotteries', undefined, { origin: SHOP })

    expect([refused.status, limited.status]).toEqual([401, 429])
    for (const { headers } of [refused, limited]) expect(headers['access-control-allow-origin']).toBe(SHOP)
  })

  it.each(['POST', 'DELETE'])('may send %s with a token and a key', async (method) => {
    const { call } = await serve(settings)
    const answer = await call('OPTIONS /users/x', undefined, preflight(SHOP, method))

    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': expect.stringContaining(method),
      'access-control-allow-headers': expect.stringMatching(/Authorization.*Content-Type.*Idempotency-Key/),
      'access-control-max-age': '600',
    })
  })

  it.each([OTHER, 'null', `${SHOP}.evil.example`, 'http://shop.example', `${SHOP}:8443`, '*', 'HTTPS://SHOP.EXAMPLE'])(
    'may read nothing when their origin is %s',
    async (origin) => {
      const { call } = await serve(settings)
      const read = await call('GET /lotteries', undefined, { origin })
      const asked = await call('OPTIONS /lotteries', undefined, preflight(origin, 'GET'))

      expect([read.status, asked.status]).toEqual([200, 405])
      for (const { headers } of [read, asked]) {
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
        expect(headers['vary']).toBe('Origin')
      }
    },
  )

  it('may read nothing when no origin is set, and no response depends on the origin', async () => {
    const { call } = await serve()
    const read = await call('GET /lotteries', undefined, { origin: SHOP })
    const asked = await call('OPTIONS /lotteries', undefined, preflight(SHOP, 'GET'))

    expect([read.status, asked.status]).toEqual([200, 405])
    for (const { headers } of [read, asked])
      expect(Object.keys(headers).filter((name) => /^(access-control-|vary)/.test(name))).toEqual([])
  })
})

it('a path that has no OPTIONS goes on to say so with a problem document', async () => {
  const { call } = await serve(settings)
  const { status, headers, body } = await call('OPTIONS /lotteries', undefined, { origin: SHOP })

  expect([status, body.code, headers['access-control-allow-origin']]).toEqual([405, 'method_not_allowed', SHOP])
  expect((await call('OPTIONS /nothing')).status).toBe(404)
})

it('a response names the origin beside the other headers that it depends on', async () => {
  const { call, parts } = await serve(settings)
  const { headers } = await call(`GET /users/${await parts.register()}`, undefined, {
    origin: SHOP,
    ...(await bearer('operator')),
  })

  expect(headers['vary']).toBe('authorization, Origin')
})

describe('CORS_ORIGINS', () => {
  it('is a list of origins', () => {
    expect(readConfig({ CORS_ORIGINS: `${SHOP}, http://localhost:3000` }).corsOrigins).toEqual(settings.corsOrigins)
    expect(readConfig({}).corsOrigins).toEqual([])
  })

  it.each(['*', 'null', 'shop.example', `${SHOP}/`, `${SHOP}/page`, 'https://*.example', `${SHOP}:443`, 'HTTPS://A.b'])(
    'refuses %s',
    (origin) => {
      expect(() => readConfig({ CORS_ORIGINS: origin })).toThrow(
        /^The configuration is not valid. CORS_ORIGINS: must be origins such as https:\/\/shop.example, separated by commas$/,
      )
    },
  )
})
