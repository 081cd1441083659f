import { generateKeyPairSync } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IssuerUnavailable } from '../../../src/access/domain/issuer-unavailable.ts'
import { IssuerKeys } from '../../../src/access/infrastructure/issuer-keys.ts'
import { JoseTokenVerifier } from '../../../src/access/infrastructure/jose-token-verifier.ts'
import { expectProblem, serve } from '../../support/http.ts'
import { type IssuerManner, IssuerServer } from '../../support/issuer-server.ts'

const AUDIENCE = 'urn:lottery-of-the-tests'
const FAULTS: readonly IssuerManner[] = [
  'broken',
  'garbage',
  'null',
  'redirect',
  'hanging',
  'hanging up',
  'endless',
  'huge',
]

interface Key {
  readonly jwk: JWK
  readonly sign: (kid?: string) => Promise<string>
}

let issuer: IssuerServer
let one: Key
let two: Key
/** Milliseconds that the clock of the keys shows. */
let now: number
const log: string[] = []

beforeEach(async () => {
  issuer = await IssuerServer.open([])
  one = await aKey('one')
  two = await aKey('two')
  issuer.keys = [one.jwk]
  now = 1_000_000
  log.splice(0)
})
afterEach(() => issuer[Symbol.asyncDispose]())

async function aKey(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
    sign: (named = kid) =>
      new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'ada' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: named })
        .setExpirationTime('5m')
        .sign(privateKey),
  }
}

/** A function that says how a token fares: `accepted`, or the code of the refusal. */
function verification(timeoutMs = 5_000): (token: string) => Promise<string> {
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) })
  const keys = new IssuerKeys(issuer.url, logger, { now: () => now, timeoutMs })
  const verifier = new JoseTokenVerifier(keys.keyOf, {
    issuer: issuer.url,
    audience: AUDIENCE,
    algorithms: ['ES256', 'RS256'],
    tokenType: 'at+jwt',
    rolesClaim: 'roles',
  })
  return (token) =>
    verifier.verify(token).then(
      () => 'accepted',
      (error: { readonly code?: string; readonly message: string }) => error.code ?? error.message,
    )
}

/** Milliseconds that an answer may take: few when it never comes, else so many that a busy machine does not matter. */
function timeoutFor(manner: IssuerManner): number {
  return manner === 'hanging' ? 300 : 5_000
}

async function all(verify: (token: string) => Promise<string>, tokens: readonly string[]): Promise<string[]> {
  return [...new Set(await Promise.all(tokens.map(verify)))]
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

describe('without keys', () => {
  it.each([
    ...[...FAULTS, 'another issuer' as const, 'no keys' as const].map((manner) => ['discovery', manner] as const),
    ...[...FAULTS, 'no keys' as const].map((manner) => ['jwks', manner] as const),
  ])('and with a %s document that is %s, the issuer is unavailable', async (document, manner) => {
    issuer[document] = manner
    const verify = verification(timeoutFor(manner))

    expect(await all(verify, [await one.sign(), await one.sign('garbage')])).toEqual(['issuer_unavailable'])
    expect(log).toHaveLength(1)
    expect(log[0]).toContain('could not fetch the keys of the token issuer')

    issuer[document] = 'honest'
    now += 1_001
    expect(await verify(await one.sign())).toBe('accepted')
  })

  it('a token is answered with 503 and Retry-After when the issuer is gone, and requests without one go on', async () => {
    await issuer.stop()
    const { call } = await serve(
      {},
      { access: { authIssuer: issuer.url, authAudience: AUDIENCE, authAlgorithms: ['ES256'] } },
    )
    const headers = { authorization: `Bearer ${await one.sign()}` }

    for (const line of ['GET /users/me', 'GET /lotteries', 'POST /lotteries/submit']) {
      const answer = await call(line, undefined, headers)
      expectProblem(answer, 503, 'issuer_unavailable')
      expect(answer.headers['retry-after']).toMatch(/^[123]$/)
      expect(answer.headers['www-authenticate']).toBeUndefined()
    }
    expect((await call('GET /lotteries')).status).toBe(200)
    expect((await call('GET /health/live', undefined, headers)).status).toBe(200)
    expectProblem(await call('GET /users/me', undefined, { authorization: 'Bearer x' }), 401, 'token_invalid')
  })

  it('the first requests together cause one fetch', async () => {
    const verify = verification()
    const token = await one.sign()

    expect(
      await all(
        verify,
        times(50, () => token),
      ),
    ).toEqual(['accepted'])
    expect(issuer.requested).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it('an outage causes one fetch a second at most, whatever comes in', async () => {
    issuer.discovery = 'broken'
    const verify = verification()
    const token = await one.sign()

    for (let second = 0; second < 3; second += 1) {
      for (let round = 0; round < 3; round += 1)
        expect(
          await all(
            verify,
            times(50, () => token),
          ),
        ).toEqual(['issuer_unavailable'])
      expect(issuer.fetches).toBe(second + 1)
      now += 1_001
    }
    issuer.discovery = 'honest'
    expect(await verify(token)).toBe('accepted')
  })

  it('a slow issuer is waited for, and counts as an outage only after the timeout', async () => {
    issuer.beforeAnswer = () => new Promise((resolve) => setTimeout(resolve, 50))
    expect(await verification()(await one.sign())).toBe('accepted')
    expect(await verification(20)(await one.sign())).toBe('issuer_unavailable')
  })
})

describe('with keys', () => {
  let verify: (token: string) => Promise<string>

  beforeEach(async () => {
    verify = verification()
    expect(await verify(await one.sign())).toBe('accepted')
    expect(issuer.fetches).toBe(1)
  })

  it.each([
    ...FAULTS.map((manner) => ['discovery', manner] as const),
    ...(['broken', 'garbage', 'no keys', 'hanging up'] as const).map((manner) => ['jwks', manner] as const),
  ])('the service goes on for hours though the %s document is %s', async (document, manner) => {
    verify = verification(timeoutFor(manner))
    await verify(await one.sign())
    issuer[document] = manner

    for (let hour = 0; hour < 3; hour += 1) {
      now += 3_600_000
      expect(await all(verify, await Promise.all(times(20, () => one.sign())))).toEqual(['accepted'])
      expect(await verify(await two.sign())).toBe('token_invalid') // waits for the fetch, which fails
    }
    expect(issuer.fetches).toBe(5)
    expect(log).toHaveLength(3)

    issuer[document] = 'honest'
    issuer.keys = [two.jwk]
    now += 30_001
    expect(await verify(await two.sign())).toBe('accepted')
  })

  it('the service goes on when the issuer is gone, and learns its new keys when it is back', async () => {
    await issuer.stop()
    now += 60_000
    expect(await verify(await one.sign())).toBe('accepted')
    expect(await verify(await two.sign())).toBe('token_invalid')

    issuer.keys = [two.jwk]
    await issuer.restart()
    now += 30_001
    expect(await verify(await two.sign())).toBe('accepted')
    expect(await verify(await one.sign())).toBe('token_invalid')
  })

  it('a token of a new key is accepted after one fetch, as are all that come while it runs', async () => {
    issuer.keys = [one.jwk, two.jwk]
    now += 30_001
    issuer.beforeAnswer = () => new Promise((resolve) => setTimeout(resolve, 20))
    const tokens = await Promise.all(times(100, (n) => (n % 2 === 0 ? two : one).sign()))

    const early = all(verify, tokens.slice(0, 50))
    await new Promise((resolve) => setTimeout(resolve, 10))
    const late = all(verify, tokens.slice(50))

    expect([await early, await late]).toEqual([['accepted'], ['accepted']])
    expect(issuer.fetches).toBe(2)
  })

  it('200 tokens with made-up key ids cause one more fetch at most within the cool-down', async () => {
    const tokens = await Promise.all(times(200, (n) => one.sign(`made up ${n}`)))

    now += 29_999
    expect(await all(verify, tokens)).toEqual(['token_invalid'])
    expect(issuer.fetches).toBe(1)

    now += 2
    for (const token of tokens) expect(await verify(token)).toBe('token_invalid')
    expect(await all(verify, tokens)).toEqual(['token_invalid'])
    expect(issuer.fetches).toBe(2)
    expect(await verify(await one.sign())).toBe('accepted')
  })

  it('old keys are fetched again beside the requests, which do not wait', async () => {
    now += 599_999
    expect(await verify(await one.sign())).toBe('accepted')
    expect(issuer.fetches).toBe(1)

    let answer = () => {}
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    issuer.beforeAnswer = () => held
    issuer.keys = [two.jwk]
    now += 2
    expect(await all(verify, await Promise.all(times(20, () => one.sign())))).toEqual(['accepted'])

    await expect.poll(() => issuer.fetches).toBe(2)
    answer()
    await expect.poll(async () => verify(await one.sign())).toBe('token_invalid')
    expect(await verify(await two.sign())).toBe('accepted')
    expect(issuer.fetches).toBe(2)
  })
})

describe('a set of keys', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  const weakJwk = { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256' }

  it.each([
    ['a weak key', weakJwk],
    ['a point that is on no curve', { kty: 'EC', crv: 'P-256', kid: 'weak', x: 'AAAA', y: 'AAAA' }],
    ['a key without its numbers', { kty: 'EC', crv: 'P-256', kid: 'weak' }],
    ['numbers of a wrong type', { kty: 'RSA', n: 7, e: [], kid: 'weak' }],
    ['a secret', { kty: 'oct', k: 'AAAA', kid: 'weak' }],
    ['a kind of key that nobody knows', { kty: 'POST-QUANTUM', kid: 'weak' }],
    ['a key for encryption', { ...weakJwk, use: 'enc' }],
    ['an empty key', {}],
  ])('with %s among good ones still serves the good ones', async (_, jwk) => {
    issuer.keys = [jwk, one.jwk]
    const verify = verification()

    expect(await verify(await one.sign())).toBe('accepted')
    for (const alg of ['ES256', 'RS256']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'weak' })).toString('base64url')
      const [, payload, signature] = (await one.sign()).split('.')
      expect(await verify([header, payload, signature].join('.'))).toBe('token_invalid')
    }
    expect(await verify(await one.sign())).toBe('accepted')
  })

  it.each([
    ['a private key', () => ({ ...weak.privateKey.export({ format: 'jwk' }), kid: 'weak' })],
    ['two keys with one id', () => ({ ...two.jwk, kid: 'one' })],
  ])('with %s does not fail the service', async (_, jwk) => {
    issuer.keys = [one.jwk, jwk()]

    expect(['accepted', 'token_invalid']).toContain(await verification()(await one.sign()))
  })
})

it('an error of the keys names its cause, for the log', async () => {
  await issuer.stop()
  const keys = new IssuerKeys(issuer.url, pino({ level: 'silent' }), { now: () => now })

  await expect(keys.keyOf({ alg: 'ES256' }, { payload: '', signature: '' })).rejects.toMatchObject({
    constructor: IssuerUnavailable,
    cause: expect.objectContaining({ message: 'fetch failed' }) as unknown,
  })
})
