import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { bearer } from '../support/access.ts'
import { aSubmit, TODAY } from '../support/builders.ts'
import { TOKEN } from '../support/http.ts'
import { memoryParts } from '../support/memory-app.ts'

const parts = memoryParts()
const app = await buildApp(parts, { maxEventLoopDelayMs: 0 })
const known = await parts.register()
const OPERATOR = await bearer('operator')
const RUNS = { numRuns: 150 }

beforeAll(async () => void (await parts.lottery.submitBallots.execute([aSubmit({ userId: known })])))
afterAll(() => app.close())

/** Strings known to break services, mixed with random strings. */
const text = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'infinity',
    '\u0000',
    '\ud800',
    '2026-02-30',
    '0',
    '-1',
    '1e309',
    "' OR 1=1--",
  ),
  fc.constantFrom(TODAY, known, 'ada@example.org', '%', '..', '//', '?', '#', '{}', '[]', 'null'),
  fc.string({ unit: 'binary' }),
  fc.string(),
)
const value = fc.oneof(text, fc.jsonValue(), fc.double(), fc.bigInt().map(String))
const field = fc.oneof(fc.constantFrom('email', 'name', 'user_id', 'date', '__proto__', 'toString'), text)
const query = fc.array(fc.tuple(fc.oneof(fc.constantFrom('date', 'limit', 'cursor', 'status'), text), text), {
  maxLength: 4,
})
const segment = fc.oneof(fc.constantFrom('users', 'lotteries', 'ballots', 'winner', 'close', 'ban', TODAY, known), text)
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE')
const POSTS = [
  '/users',
  '/lotteries/create',
  '/lotteries/submit',
  '/lotteries/submit/batch',
  `/lotteries/close`,
  `/users/${known}/ban`,
] as const

/** Asserts that a request causes no 5xx, and that a refusal is a problem document that carries its request id. */
async function expectNoFault(request: { method: string; url: string; payload?: string | Buffer; key?: string }) {
  const headers = {
    'content-type': 'application/json',
    ...(request.url.startsWith('/lotteries/close') ? { 'x-internal-token': TOKEN } : OPERATOR),
    'idempotency-key': request.key ?? 'k',
  }
  const { payload, url } = request
  const sent = payload === undefined ? { url } : { url, payload, headers }
  const answer = await app.inject({ ...sent, method: request.method as 'GET' })

  expect(answer.statusCode, answer.payload).toBeLessThan(500)
  if (answer.statusCode < 400 || request.method === 'HEAD') return
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.json()).toMatchObject({ status: answer.statusCode, request_id: answer.headers['x-request-id'] })
}

describe('arbitrary input never causes a 5xx', () => {
  it('sent as a JSON body', async () => {
    const body = fc.oneof(fc.dictionary(field, value, { maxKeys: 5 }), value)
    const property = fc.asyncProperty(fc.constantFrom(...POSTS), body, (url, json) =>
      expectNoFault({ method: 'POST', url, payload: JSON.stringify(json) ?? '' }),
    )
    await fc.assert(property, RUNS)
  })

  it('sent as bytes', async () => {
    const property = fc.asyncProperty(fc.constantFrom(...POSTS), fc.uint8Array({ maxLength: 200 }), (url, bytes) =>
      expectNoFault({ method: 'POST', url, payload: Buffer.from(bytes) }),
    )
    await fc.assert(property, RUNS)
  })

  it('sent as JSON with one byte changed', async () => {
    const json = Buffer.from(JSON.stringify({ user_id: known, date: TODAY }))
    const property = fc.asyncProperty(fc.nat(json.length - 1), fc.nat(255), (at, byte) => {
      const payload = Buffer.from(json)
      payload[at] = byte
      return expectNoFault({ method: 'POST', url: '/lotteries/submit', payload })
    })
    await fc.assert(property, RUNS)
  })

  it('sent as a query', async () => {
    const paths = [
      '/lotteries',
      '/lotteries/winner',
      `/lotteries/${TODAY}/ballots`,
      `/users/${known}/ballots`,
      '/users',
    ]
    const property = fc.asyncProperty(fc.constantFrom(...paths), query, fc.boolean(), (path, pairs, encoded) => {
      const write = encoded ? (word: string) => encodeURIComponent(word.toWellFormed()) : toVisible
      return expectNoFault({
        method: 'GET',
        url: `${path}?${pairs.map((pair) => pair.map(write).join('=')).join('&')}`,
      })
    })
    await fc.assert(property, RUNS)
  })

  it('sent as a path', async () => {
    const property = fc.asyncProperty(
      method,
      fc.array(segment, { maxLength: 5 }),
      fc.boolean(),
      (verb, path, encoded) => {
        const write = encoded ? (word: string) => encodeURIComponent(word.toWellFormed()) : toVisible
        return expectNoFault({ method: verb, url: `/${path.map(write).join('/')}` })
      },
    )
    await fc.assert(property, RUNS)
  })

  it('sent as an idempotency key', async () => {
    const payload = JSON.stringify({ user_id: known, date: TODAY })
    const property = fc.asyncProperty(fc.string({ maxLength: 300 }), (key) =>
      expectNoFault({ method: 'POST', url: '/lotteries/submit', payload, key }),
    )
    await fc.assert(property, RUNS)
  })
})

/** Keeps the characters that a request line can hold, except the backslash: inject() cannot make a URL of it. */
function toVisible(word: string): string {
  return word.replace(/[^!-~]|\\/g, '%')
}
