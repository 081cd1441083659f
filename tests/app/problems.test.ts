import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Overloaded } from '../../src/shared/application/unavailable.ts'
import { bearer } from '../support/access.ts'
import { TODAY, userId } from '../support/builders.ts'
import { expectProblem, rowsStored, serve } from '../support/http.ts'

describe('requests refused by the rules of HTTP', () => {
  it.each([
    'POST /',
    'GET /assets/nope',
    'GET /nope',
    'POST /lotteries/2026-03-10/nope',
    'GET /lotteries/2026-03-10/nope',
    'DELETE /docs',
  ])('%s is 404', async (line) => {
    const { call } = await serve()

    expectProblem(await call(line), 404, 'route_not_found')
  })

  it.each([
    ['DELETE /users', 'GET, HEAD, POST'],
    ['PUT /lotteries', 'GET, HEAD'],
    ['OPTIONS /lotteries/winner', 'GET, HEAD'],
    ['GET /lotteries/submit', 'POST'],
    ['TRACE /health/live', 'GET, HEAD'],
    ['QUERY /users', 'GET, HEAD, POST'],
    [`PATCH /users/${userId()}`, 'DELETE, GET, HEAD'],
  ])('%s is 405, with the allowed methods in Allow', async (line, allow) => {
    const { call } = await serve()

    const refused = await call(line)

    expectProblem(refused, 405, 'method_not_allowed')
    expect(String(refused.headers.allow).split(', ').sort().join(', ')).toBe(allow)
  })

  it('a body of 17 KiB is 413', async () => {
    const { call } = await serve()

    expectProblem(await call('POST /users', { email: 'x'.repeat(17 * 1024) }), 413, 'body_too_large')
  })

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'json', 'application/jsonx', ''])(
    'the content type "%s" is 415, which tells the type to send',
    async (type) => {
      const { call } = await serve()

      const refused = await call('POST /users', '{"email":"a@example.org"}', { 'content-type': type })

      const { detail } = expectProblem(refused, 415, 'unsupported_media_type')
      expect(detail).toContain('Content-Type: application/json')
      expect(refused.headers['accept-post']).toBe('application/json')
    },
  )

  it.each(['gzip', 'br', 'x-unknown', 'identity, gzip'])(
    'the content coding "%s" is 415, which tells to send none',
    async (coding) => {
      const { call, parts } = await serve()

      const refused = await call('POST /users', { email: 'a@example.org' }, { 'content-encoding': coding })

      expect(expectProblem(refused, 415, 'unsupported_media_type').detail).toContain('uncompressed')
      expect(refused.headers['accept-encoding']).toBe('identity')
      expect(rowsStored(parts)).toBe(0)
    },
  )

  it('the content coding "identity" is none, and allowed', async () => {
    const { call } = await serve()

    const made = await call('POST /users', { email: 'a@example.org' }, { 'content-encoding': 'identity' })

    expect(made.status).toBe(201)
  })

  it('more requests than the limit are 429, except for health checks', async () => {
    const { call } = await serve({ rateLimitPerMinute: 2 })
    for (let i = 0; i < 2; i += 1) expect((await call('GET /lotteries')).status).toBe(200)

    const refused = await call('GET /lotteries')

    expectProblem(refused, 429, 'too_many_requests')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    for (let i = 0; i < 5; i += 1) expect((await call('GET /health/live')).status).toBe(200)
  })
})

describe('a service that cannot work', () => {
  it('is not ready and answers 503 while its database is unavailable, and works again afterwards', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()
    const calls = ['GET /health/ready', 'GET /lotteries', `GET /users/${user_id}`]

    parts.database.unavailable = true
    for (const refused of [
      ...(await Promise.all(calls.map((line) => call(line)))),
      await call(`POST /users/${user_id}/ban`, undefined, await bearer('operator')),
      await call('GET /users/me', undefined, await bearer('participant')),
      await call('POST /lotteries/submit', { user_id }),
      await call('POST /users', { email: 'ada@example.org' }),
    ]) {
      expectProblem(refused, 503, 'database_unavailable')
      expect(refused.headers['retry-after']).toMatch(/^[123]$/)
    }
    expect((await call('GET /health/live')).status).toBe(200)

    parts.database.unavailable = false
    expect(await call('GET /health/ready')).toMatchObject({ status: 200, body: { status: 'ready' } })
    expect((await call('POST /lotteries/submit', { user_id })).status).toBe(201)
  })

  it('answers 503 when it is overloaded', async () => {
    const { call, parts } = await serve()
    parts.lottery.submitQueue.submit = async () => {
      throw new Overloaded()
    }

    const refused = await call('POST /lotteries/submit', { user_id: userId() })

    expectProblem(refused, 503, 'overloaded')
    expect(refused.headers['retry-after']).toMatch(/^[123]$/)
  })

  it('refuses requests while its event loop lags, except health checks', async () => {
    const { call } = await serve({ maxEventLoopDelayMs: 5 })
    const gate = new Int32Array(new SharedArrayBuffer(4))
    for (let i = 0; i < 12; i += 1) {
      Atomics.wait(gate, 0, 0, 100)
      await setTimeout(1)
    }

    expectProblem(await call('GET /lotteries'), 503, 'overloaded')
    expect((await call('GET /health/live')).status).toBe(200)
  })

  it('reveals nothing about an unexpected error', async () => {
    const { call, parts } = await serve()
    parts.user.findUser.execute = async () => {
      throw new Error('secret of the house')
    }

    const refused = await call(`GET /users/${userId()}`)

    expectProblem(refused, 500, 'internal_error')
    expect(refused.text).not.toContain('secret')
  })
})

describe('every response', () => {
  it('has its own request id and ignores one sent by the client', async () => {
    const { call } = await serve()
    const given = { 'x-request-id': 'mine' }

    const ids = [await call('GET /health/live', undefined, given), await call('GET /nope', undefined, given)].map(
      ({ headers }) => headers['x-request-id'],
    )

    expect(new Set([...ids, 'mine']).size).toBe(3)
  })

  it('forbids a browser to load anything', async () => {
    const { call } = await serve()

    for (const line of ['GET /lotteries', 'GET /nope', 'GET /openapi.json', 'GET /metrics'])
      expect((await call(line)).headers).toMatchObject({
        'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
      })
    const docs = (await call('GET /docs')).headers['content-security-policy']
    expect(docs).toContain("script-src 'self';")
    expect(docs).not.toMatch(/https?:|unsafe/)
  })

  it('to HEAD equals the response to GET, without the body', async () => {
    const { call, parts } = await serve()
    const id = await parts.register()
    await call('POST /lotteries/create', { date: TODAY })

    for (const path of [
      '/health/live',
      '/health/ready',
      '/metrics',
      `/users/${id}`,
      '/lotteries',
      `/lotteries/${TODAY}`,
    ]) {
      const [head, get] = [await call(`HEAD ${path}`), await call(`GET ${path}`)]
      expect(head).toMatchObject({ status: get.status, text: '' })
      expect(head.headers['content-type']).toBe(get.headers['content-type'])
    }
    expect((await call(`HEAD /lotteries/2026-01-01`)).status).toBe(404)
  })

  it('of the metrics endpoint is text with routes as labels, not paths', async () => {
    const { call } = await serve()
    await call(`GET /users/${userId()}`)

    const metrics = await call('GET /metrics')

    expect(metrics.headers['content-type']).toMatch(/^text\/plain/)
    expect(metrics.text).toContain('route="/users/:id"')
    expect(metrics.text).not.toContain(userId())
  })
})
