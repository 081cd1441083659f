import { request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { type AppSettings, buildApp } from '../../src/app.ts'
import { serve } from '../support/http.ts'
import { memoryParts } from '../support/memory-app.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/
/** What a client writes itself, to pass as somebody else. */
const FORGED = '198.51.100.1'
const CLIENT = '203.0.113.9'
const OTHER_CLIENT = '203.0.113.10'

type Headers = Readonly<Record<string, string>>

describe('the limit counts', () => {
  it('the connection when no proxy is trusted, whatever a client writes', async () => {
    const { get } = await listening({ rateLimitPerMinute: 2 })

    const statuses = await statusesOf(4, (n) => get('/lotteries', { 'x-forwarded-for': `198.51.100.${n}` }))

    expect(statuses).toEqual([200, 200, 429, 429])
  })

  it('the address that the only proxy wrote, whatever a client wrote before it', async () => {
    const { get } = await listening({ trustProxy: 1, rateLimitPerMinute: 5 })
    const from = (client: string, n: number) => ({ 'x-forwarded-for': `198.51.100.${n}, ${client}` })

    const passed = await statusesOf(40, (n) => get('/lotteries', from(CLIENT, n)))
    const other = await get('/lotteries', from(OTHER_CLIENT, 0))

    expect(passed.filter((status) => status === 200)).toHaveLength(5)
    expect(passed.filter((status) => status === 429)).toHaveLength(35)
    expect(other.status).toBe(200)
  })

  it('the address that the outer of two proxies wrote', async () => {
    const { get } = await listening({ trustProxy: 2, rateLimitPerMinute: 1 })
    const from = (client: string, proxy: string) => ({ 'x-forwarded-for': `${FORGED}, ${client}, ${proxy}` })

    expect((await get('/lotteries', from(CLIENT, '192.0.2.1'))).status).toBe(200)
    expect((await get('/lotteries', from(CLIENT, '192.0.2.2'))).status).toBe(429)
    expect((await get('/lotteries', from(OTHER_CLIENT, '192.0.2.1'))).status).toBe(200)
  })

  it('the last address that does not belong to a trusted network', async () => {
    const { get } = await listening({ trustProxy: ['127.0.0.0/8', '10.0.0.0/8'], rateLimitPerMinute: 1 })
    const from = (client: string, proxy: string) => ({ 'x-forwarded-for': `${FORGED}, ${client}, ${proxy}` })

    expect((await get('/lotteries', from(CLIENT, '10.1.2.3'))).status).toBe(200)
    expect((await get('/lotteries', from(CLIENT, '10.9.9.9'))).status).toBe(429)
    expect((await get('/lotteries', from(OTHER_CLIENT, '10.1.2.3'))).status).toBe(200)
  })

  it('the connection when it does not come from a trusted network', async () => {
    const { get } = await listening({ trustProxy: ['10.0.0.0/8'], rateLimitPerMinute: 1 })

    expect((await get('/lotteries', { 'x-forwarded-for': CLIENT })).status).toBe(200)
    expect((await get('/lotteries', { 'x-forwarded-for': OTHER_CLIENT })).status).toBe(429)
  })

  it('unknown paths and other methods too', async () => {
    const { call } = await serve({ rateLimitPerMinute: 3 })

    const lines = ['GET /nope', 'PUT /lotteries', 'GET /openapi.json', 'POST /nope', 'PUT /lotteries', 'GET /docs']
    const statuses = []
    for (const line of lines) statuses.push((await call(line)).status)

    expect(statuses).toEqual([404, 405, 200, 429, 429, 429])
    expect((await call('GET /health/ready')).status).toBe(200)
  })

  it('registrations and refused tokens without a limit of requests', async () => {
    const { call } = await serve({ registrationsPerMinute: 2, refusedTokensPerMinute: 3 })
    const register = (path: string, n: number) => call(`POST ${path}`, { email: `${n}@example.org` })
    const lotteries = (token: string) => call('GET /lotteries', undefined, { authorization: `Bearer ${token}` })

    const registrations = [await register('/users', 1), await register('/v1/users', 2), await register('/users', 3)]
    const refused = []
    for (let n = 0; n < 4; n += 1) refused.push(await lotteries(`not a token ${n}`))

    expect(registrations.map(({ status }) => status)).toEqual([201, 201, 429])
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      ...Array.from({ length: 3 }, () => [401, 'token_invalid']),
      [429, 'too_many_requests'],
    ])
    expect((await call('GET /lotteries')).status).toBe(200)
  })
})

describe('X-Request-Id', () => {
  it.each<[string, AppSettings]>([
    ['of the nearest proxy', { trustProxy: 1 }],
    ['of a proxy in a trusted network', { trustProxy: ['127.0.0.0/8'] }],
  ])('%s is kept, in the header and in problem documents', async (_, settings) => {
    const { get } = await listening(settings)

    for (const id of ['6f1a9c9e-1f4e', 'Root_1.a', 'x'.repeat(64)]) {
      const { headers, body } = await get('/nope', { 'x-request-id': id })
      expect([headers['x-request-id'], JSON.parse(body).request_id]).toEqual([id, id])
    }
  })

  it.each(['x'.repeat(65), 'a b', 'a\tb', 'a,b', '<a>', 'ä', ''])('"%s" is replaced', async (id) => {
    const { get } = await listening({ trustProxy: 1 })

    expect((await get('/lotteries', { 'x-request-id': id })).headers['x-request-id']).toMatch(UUID)
  })

  it.each<[string, AppSettings]>([
    ['no proxy is trusted', {}],
    ['the connection comes from another network', { trustProxy: ['10.0.0.0/8'] }],
  ])('is replaced when %s', async (_, settings) => {
    const { get } = await listening(settings)

    expect((await get('/lotteries', { 'x-request-id': 'mine' })).headers['x-request-id']).toMatch(UUID)
  })
})

it('a client cannot write its own address, over a real connection', async () => {
  const addressesSeen = async (trustProxy: AppSettings['trustProxy'], forwarded: string) => {
    const app = await buildApp(memoryParts(), {
      ...(trustProxy !== undefined && { trustProxy }),
      maxEventLoopDelayMs: 0,
    })
    let seen: readonly string[] = []
    app.addHook('onRequest', async ({ ip, ips = [] }) => {
      seen = [ip, ...ips]
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    await getOf((app.server.address() as AddressInfo).port)('/lotteries', { 'x-forwarded-for': forwarded })
    await app.close()
    return seen[0]
  }

  expect(await addressesSeen(undefined, FORGED)).toBe('127.0.0.1')
  expect(await addressesSeen(1, `${FORGED}, ${CLIENT}`)).toBe(CLIENT)
  expect(await addressesSeen(1, CLIENT)).toBe(CLIENT)
  expect(await addressesSeen(1, '')).toBe('127.0.0.1')
  expect(await addressesSeen(['127.0.0.1'], `${FORGED}, ${CLIENT}`)).toBe(CLIENT)
  expect(await addressesSeen(['127.0.0.1', '192.0.2.0/24'], `${FORGED}, ${CLIENT}, 192.0.2.7`)).toBe(CLIENT)
  expect(await addressesSeen(['10.0.0.0/8'], `${FORGED}, ${CLIENT}`)).toBe('127.0.0.1')
})

/** Serves over a real socket, so that the peer is 127.0.0.1. */
async function listening(settings: AppSettings) {
  const { app } = await serve(settings)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { get: getOf((app.server.address() as AddressInfo).port) }
}

function getOf(port: number) {
  return (path: string, headers: Headers) =>
    new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
      const request = send({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        const { statusCode = 0, headers } = response
        text(response).then((body) => resolve({ status: statusCode, headers, body }), reject)
      })
      request.on('error', reject)
      // Over setHeader, Node refuses some of the ids that the tests send.
      for (const [name, value] of Object.entries(headers)) request.setHeader(name, value)
      request.end()
    })
}

async function statusesOf(count: number, get: (n: number) => Promise<{ readonly status: number }>): Promise<number[]> {
  const statuses = []
  for (let n = 0; n < count; n += 1) statuses.push((await get(n)).status)
  return statuses
}
