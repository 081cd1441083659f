import { type AddressInfo, connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type ClientLimits, registerClientLimits } from '../../../src/shared/api/client-limits.ts'
import { createHttpServer } from '../../../src/shared/api/http-server.ts'
import { DomainError } from '../../../src/shared/domain/domain-error.ts'

class TokenInvalid extends DomainError {
  constructor() {
    super('forbidden', 'token_invalid', 'This token is not valid.')
  }
}

const ADDRESS = '192.0.2.1'

/** Sends a request, and returns the status and code of the response. */
type Send = (line: string, token?: string, address?: string) => Promise<readonly [status: number, code?: string]>

it('an address that sent too many invalid tokens may send no token until the minute is over', async () => {
  const { send } = await limited({ refusedTokensPerMinute: 2 })
  expect(await send('GET /', 'good')).toEqual([200, undefined])
  for (let i = 0; i < 2; i += 1) expect(await send('GET /', `bad ${i}`)).toEqual([403, 'token_invalid'])

  expect(await send('GET /', 'bad 3')).toEqual([429, 'too_many_requests'])
  expect(await send('GET /', 'good')).toEqual([429, 'too_many_requests'])
  expect(await send('GET /nope', 'good')).toEqual([429, 'too_many_requests'])

  expect(await send('GET /')).toEqual([200, undefined])
  expect(await send('GET /', 'good', '192.0.2.2')).toEqual([200, undefined])
  expect(await send('GET /unlimited', 'good')).toEqual([200, undefined])
  vi.advanceTimersByTime(60_000)
  expect(await send('GET /', 'good')).toEqual([200, undefined])
  expect(await send('GET /', 'bad 4')).toEqual([403, 'token_invalid'])
})

it('refused requests do not prolong the minute, and other refusals do not count', async () => {
  const { send } = await limited({ refusedTokensPerMinute: 1 })
  for (let i = 0; i < 3; i += 1) expect((await send('GET /nope', 'good'))[0]).toBe(404)
  expect((await send('GET /', 'bad'))[0]).toBe(403)

  vi.advanceTimersByTime(59_000)
  expect((await send('GET /', 'bad'))[0]).toBe(429)
  vi.advanceTimersByTime(1_000)

  expect((await send('GET /', 'good'))[0]).toBe(200)
})

it('the addresses of one IPv6 /64 network share a limit', async () => {
  const { send } = await limited({ refusedTokensPerMinute: 1 })
  expect((await send('GET /', 'bad', '2001:db8::1'))[0]).toBe(403)

  expect((await send('GET /', 'good', '2001:db8::ffff'))[0]).toBe(429)
  expect((await send('GET /', 'good', '2001:db8:0:1::1'))[0]).toBe(200)
})

it('an address has a limited number of registrations without a token', async () => {
  const { send } = await limited({ registrationsPerMinute: 2 })
  for (let i = 0; i < 2; i += 1) expect((await send('POST /users'))[0]).toBe(200)

  expect(await send('POST /users')).toEqual([429, 'too_many_requests'])

  expect((await send('POST /users', 'good'))[0]).toBe(200)
  expect((await send('POST /users', undefined, '192.0.2.2'))[0]).toBe(200)
  expect((await send('GET /'))[0]).toBe(200)
  vi.advanceTimersByTime(60_000)
  expect((await send('POST /users'))[0]).toBe(200)
})

it('says when to try again', async () => {
  const { app, send } = await limited({ registrationsPerMinute: 1, refusedTokensPerMinute: 1 })
  await send('POST /users')
  await send('GET /', 'bad')
  vi.advanceTimersByTime(20_000)

  const registration = await app.inject({ method: 'POST', url: '/users', remoteAddress: ADDRESS })
  const token = await app.inject({ url: '/', headers: { authorization: 'good' }, remoteAddress: ADDRESS })

  for (const { headers } of [registration, token]) expect(headers['retry-after']).toBe('40')
  expect(registration.json().detail).toBe(
    'This address sent too many registrations without a token. Retry in 40 seconds.',
  )
  expect(token.json().detail).toBe('This address sent too many invalid tokens. Retry in 40 seconds.')
})

it('clients that close their connections without waiting share a limit, and cause no error', async () => {
  const { app } = await limited({ registrationsPerMinute: 3 })
  const errors: Error[] = []
  let gone = 0
  let registered = 0
  app.addHook('onRequest', async ({ socket }) => {
    if (socket.remoteAddress === undefined) gone += 1
  })
  app.addHook('preHandler', async ({ socket }) => {
    if (socket.remoteAddress === undefined) registered += 1
  })
  app.addHook('onError', async (_request, _reply, error) => void errors.push(error))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo

  await vi.waitFor(() => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    const registration = 'POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'
    socket.write(registration.repeat(5), () => socket.resetAndDestroy())
    expect(gone).toBeGreaterThan(10)
  })

  expect(registered).toBeLessThanOrEqual(3)
  expect(new Set(errors.map(({ message }) => message))).toEqual(
    new Set(['This address sent too many registrations without a token. Retry in 60 seconds.']),
  )
})

it('0 is no limit', async () => {
  const { send } = await limited({ rateLimitPerMinute: 0, registrationsPerMinute: 0, refusedTokensPerMinute: 0 })

  for (let i = 0; i < 100; i += 1) {
    expect((await send('POST /users'))[0]).toBe(200)
    expect((await send('GET /', 'bad'))[0]).toBe(403)
  }
})

/** A server with these limits, a manual clock, and a stand-in for access control that knows the token `good`. */
async function limited(limits: ClientLimits): Promise<{ app: FastifyInstance; send: Send }> {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const app = createHttpServer({})
  onTestFinished(() => app.close())
  app.decorateRequest('actor', 'anonymous')
  await registerClientLimits(app, limits)
  app.addHook('onRequest', async (request) => {
    const { authorization } = request.headers
    if (authorization?.startsWith('bad')) throw new TokenInvalid()
    if (authorization !== undefined) request.actor = 'operator:ada'
  })
  app.post('/users', { config: { access: 'register' } }, async () => ({}))
  app.get('/', async () => ({}))
  app.get('/unlimited', { config: { rateLimit: false } }, async () => ({}))

  const send: Send = async (line, token, remoteAddress = ADDRESS) => {
    const [method, url] = line.split(' ') as ['GET', string]
    const headers = token === undefined ? {} : { authorization: token }
    const answer = await app.inject({ method, url, headers, remoteAddress })
    return [answer.statusCode, answer.json().code]
  }
  return { app, send }
}
