import { createPublicKey, type webcrypto } from 'node:crypto'
import { type AddressInfo, connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TokenInvalid } from '../../../src/access/domain/errors.ts'
import { IssuerKeys } from '../../../src/access/infrastructure/issuer-keys.ts'
import { JoseTokenVerifier } from '../../../src/access/infrastructure/jose-token-verifier.ts'
import { buildApp } from '../../../src/app.ts'
import { type Answer, expectProblem } from '../../support/http.ts'
import { memoryParts } from '../../support/memory-app.ts'
import { AUDIENCE, OidcIssuer } from '../../support/oidc-issuer.ts'

let issuer: OidcIssuer
/** The service with this issuer, and the lines of its log. */
let app: FastifyInstance
const log: string[] = []

beforeAll(async () => {
  issuer = await OidcIssuer.open()
  const logger = pino({ level: 'trace' }, { write: (line: string) => void log.push(line) })
  const access = { authIssuer: issuer.url, authAudience: AUDIENCE, authAlgorithms: ['RS256', 'ES256'] }
  app = await buildApp(memoryParts({ access }), { maxEventLoopDelayMs: 0, logger })
})
beforeEach(() => void log.splice(0))
afterAll(async () => {
  await app.close()
  await issuer[Symbol.asyncDispose]()
})

async function call(line: string, authorization: string, body?: object): Promise<Answer> {
  const [method, url] = line.split(' ') as ['GET', string]
  const answer = await app.inject({ method, url, headers: { authorization }, ...(body && { payload: body }) })
  return {
    status: answer.statusCode,
    headers: answer.headers as Answer['headers'],
    text: answer.payload,
    body: answer.json(),
  }
}

function verifier(rolesClaim = 'roles'): JoseTokenVerifier {
  return new JoseTokenVerifier(new IssuerKeys(issuer.url, pino({ level: 'silent' })).keyOf, {
    issuer: issuer.url,
    audience: AUDIENCE,
    algorithms: ['RS256', 'ES256'],
    tokenType: 'at+jwt',
    rolesClaim,
  })
}

const now = () => Math.floor(Date.now() / 1_000)

describe('an access token of the issuer', () => {
  it.each(['participant', 'agent', 'operator', 'auditor'] as const)(
    'of a client with the role %s has it',
    async (role) => {
      const token = await issuer.accessToken(role)

      expect(await verifier().verify(token)).toEqual({
        identity: `${issuer.url} ${role}`,
        roles: [role],
        expiresAt: expect.closeTo(now() + 600, -1),
      })
    },
  )

  it('without any known role is a participant’s', async () => {
    expect(await verifier().verify(await issuer.accessToken('newcomer'))).toMatchObject({ roles: ['participant'] })
  })

  it.each([
    ['a list', 'roles', { roles: ['auditor', 'operator', 'root'] }, ['operator', 'auditor']],
    ['a text with spaces', 'scope', { scope: 'openid operator' }, ['operator']],
    ['nested objects', 'realm_access.roles', { realm_access: { roles: ['agent'] } }, ['agent']],
    ['a name that every object has', 'constructor.name', {}, ['participant']],
    ['a part of a longer name', 'roles', { roles: ['operators', 'Operator'] }, ['participant']],
    ['an object', 'roles', { roles: { operator: true } }, ['participant']],
    ['null in between', 'realm_access.roles', { realm_access: null }, ['participant']],
  ])('has its roles in %s', async (_, claim, claims, roles) => {
    expect(await verifier(claim).verify(await issuer.sign({ roles: undefined, ...claims }))).toMatchObject({ roles })
  })

  it('is accepted by the service in any case of the scheme', async () => {
    const token = await issuer.accessToken('operator')

    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const answer = await call('GET /users?email=ada@example.org', `${scheme} ${token}`)
      expect([answer.status, answer.body]).toEqual([200, { items: [], next_cursor: null }])
    }
  })

  it('is accepted when it has other audiences too', async () => {
    expect(await verifier().verify(await issuer.sign({ aud: ['urn:other', AUDIENCE] }))).toBeDefined()
  })

  it('may differ from the clock of the service by less than 30 seconds, in both directions', async () => {
    for (const claims of [{ exp: now() - 25 }, { nbf: now() + 25 }, { iat: now() + 25 }])
      expect(await verifier().verify(await issuer.sign(claims))).toBeDefined()
  })

  it('may expire within a second', async () => {
    const token = await issuer.sign({ exp: now() + 600.25, roles: ['participant'] })

    for (let n = 0; n < 2; n += 1) expectProblem(await call('GET /users/me', `Bearer ${token}`), 404, 'user_not_found')
  })

  it('of a key that was rotated in is accepted, and of one that was dropped is not', async () => {
    await using rotating = await OidcIssuer.open()
    const rules = {
      issuer: rotating.url,
      audience: AUDIENCE,
      algorithms: ['RS256'],
      tokenType: 'at+jwt',
      rolesClaim: 'roles',
    }
    let passed = 0
    const keys = new IssuerKeys(rotating.url, pino({ level: 'silent' }), { now: () => passed })
    const verifies = async (token: string) => (await new JoseTokenVerifier(keys.keyOf, rules).verify(token)).roles
    const [first] = [await rotating.accessToken('agent'), await verifies(await rotating.accessToken('agent'))]

    await rotating.rotate()
    expect(await verifies(await rotating.accessToken('agent'))).toEqual(['agent']) // the key that stood by
    await rotating.rotate()
    passed += 31_000
    expect(await verifies(await rotating.accessToken('agent'))).toEqual(['agent'])
    await expect(verifies(first)).rejects.toThrow('its issuer has no such key')
  })
})

/** A token or a whole header, and the reason of its refusal. */
type Forgery = readonly [name: string, make: () => Promise<string>, reason: string]

const CLAIM = (name: string) => `its claim ${name} is missing or not accepted`
const NOT_A_JWT = 'it is not a valid JWT'

const FORGERIES: readonly Forgery[] = [
  ['an ID token', () => issuer.idToken('operator'), 'its header parameter typ is missing or not accepted'],
  ['no type', () => issuer.sign({}, { typ: undefined }), 'its header parameter typ is missing or not accepted'],
  ['another type', () => issuer.sign({}, { typ: 'JWT' }), 'its header parameter typ is missing or not accepted'],
  ['a logout token', () => issuer.sign({}, { typ: 'logout+jwt' }), 'its header parameter typ'],
  ['a token bound to a key', () => issuer.boundToken('operator'), 'it is bound to a key of its client'],
  ['a token bound to a certificate', () => issuer.sign({ cnf: { 'x5t#S256': 'x' } }), 'it is bound to a key'],
  ['another issuer', () => issuer.sign({ iss: `${issuer.url}/` }), CLAIM('iss')],
  ['another audience', () => issuer.sign({ aud: 'urn:other' }), CLAIM('aud')],
  ['no audience', () => issuer.sign({ aud: undefined }), CLAIM('aud')],
  ['no issuer', () => issuer.sign({ iss: undefined }), CLAIM('iss')],
  ['an end more than 30 seconds ago', () => issuer.sign({ exp: now() - 35 }), 'it has expired'],
  ['a beginning in more than 30 seconds', () => issuer.sign({ nbf: now() + 35 }), CLAIM('nbf')],
  ['no end', () => issuer.sign({ exp: undefined }), CLAIM('exp')],
  ['an end that is a text', () => issuer.sign({ exp: '9999999999' }), CLAIM('exp')],
  ['no subject', () => issuer.sign({ sub: undefined }), CLAIM('sub')],
  ['an empty subject', () => issuer.sign({ sub: '' }), 'its claim sub must be a text of 1 to 255 characters'],
  ['a long subject', () => issuer.sign({ sub: 'x'.repeat(256) }), 'its claim sub must be a text'],
  ['a subject that is a number', () => issuer.sign({ sub: 7 }), 'its claim sub must be a text'],
  ['a subject that is a list', () => issuer.sign({ sub: ['a'] }), 'its claim sub must be a text'],
  ['a subject with a NUL', () => issuer.sign({ sub: 'a\0b' }), 'its claim sub must be a text'],
  ['a subject with half a pair', () => issuer.sign({ sub: 'a\ud800' }), 'its claim sub must be a text'],
  ['an unknown critical parameter', () => unknownCrit(), NOT_A_JWT],
  ['the algorithm none', async () => new UnsecuredJWT(await claims()).encode(), 'its algorithm is not allowed'],
  [
    'the algorithm none and a signature',
    () => reheaded({ alg: 'none', typ: 'at+jwt' }),
    'its algorithm is not allowed',
  ],
  ['the public key as a secret', () => signedWithPublicKey(), 'its algorithm is not allowed'],
  ['an algorithm that is not configured', () => reheaded({ alg: 'RS512', typ: 'at+jwt' }), 'its algorithm is not'],
  ['a key of the wrong kind', () => reheaded({ alg: 'ES256' }), 'its issuer has no such key'],
  ['the key of somebody else', () => signedBySomebodyElse(), 'its signature is wrong'],
  ['no key id, of two keys', () => issuer.sign({}, { kid: undefined }), 'it does not name its key'],
  ['a key id that is a number', () => reheaded({ kid: 7 }), 'its issuer has no such key'],
  ['changed claims', () => changed(1, (part) => encode({ ...decode(part), sub: 'root' })), 'its signature is wrong'],
  ['another signature', () => changed(2, (part) => `${part.slice(0, -9)}AAAAAAAAA`), 'its signature is wrong'],
  ['no signature', () => changed(2, () => ''), 'its signature is wrong'],
  ['base64 of another alphabet', () => changed(0, (part) => `${part}+/`), NOT_A_JWT],
  ['base64 with padding', () => changed(2, (part) => `${part}=`), NOT_A_JWT],
  ['base64 of no JSON', () => changed(0, () => 'AAAA'), NOT_A_JWT],
  ['two parts', async () => (await issuer.sign()).split('.').slice(0, 2).join('.'), NOT_A_JWT],
  ['five parts, as of an encrypted one', async () => 'a.b.c.d.e', NOT_A_JWT],
  ['a word', async () => 'x', NOT_A_JWT],
  ['9 KiB', () => issuer.sign({ padding: 'x'.repeat(7_000) }), 'it is longer than 8192 characters'],
]

const HEADERS: readonly Forgery[] = [
  ['an empty header', async () => '', 'the Authorization header is not of the form Bearer <token>'],
  ['a scheme without a token', async () => 'Bearer ', 'the Authorization header is not of the form'],
  ['a token without a scheme', async () => issuer.sign(), 'the Authorization header is not of the form'],
  ['a token between quotes', async () => `Bearer "${await issuer.sign()}"`, 'the Authorization header is not of the'],
  [
    'two tokens in one header',
    async () => `Bearer ${await issuer.sign()}, Bearer x`,
    'the Authorization header is not',
  ],
  ['the scheme Basic', async () => `Basic ${btoa('a:b')}`, 'the Authorization header is not of the form'],
  ['the scheme DPoP', async () => `DPoP ${await issuer.sign()}`, 'the Authorization header is not of the form'],
]

describe('a request is refused, and not by a fault of the service, for', () => {
  it.each([
    ...FORGERIES.map(([name, make, reason]) => [name, async () => `Bearer ${await make()}`, reason] as const),
    ...HEADERS,
  ])('%s', async (_, make, reason) => {
    const authorization = await make()

    for (const line of ['GET /users/me', 'POST /lotteries/submit', 'GET /lotteries?access_token=zzzz']) {
      const answer = await call(line, authorization)
      const { detail } = expectProblem(answer, 401, 'token_invalid')
      expect(detail).toContain(`The token was not accepted: ${reason}`)
      expect(answer.headers['www-authenticate']).toBe(
        `Bearer realm="lottery-service", error="invalid_token", error_description="${detail}"`,
      )
    }

    const written = log.join('')
    expect(written).toContain('request refused')
    expect(written).not.toContain('"level":50')
    const parts = authorization.split(/[ .,]/).filter((part) => part.length > 8 && !/^bearer$/i.test(part))
    for (const part of [...parts, AUDIENCE, 'access_token', 'zzzz']) expect(written).not.toContain(part)
  })
})

it('no line of the log has the token, the subject or the query of a request that was answered', async () => {
  const token = await issuer.sign({ sub: 'the-subject' })

  await call('POST /users', `Bearer ${token}`, { email: 'ada@example.org' })
  expect((await call('GET /users?email=ada@example.org', `Bearer ${token}`)).status).toBe(200)
  expect((await call('GET /users/me', `Bearer ${token}`)).status).toBe(404)

  for (const secret of [...token.split('.'), 'the-subject', AUDIENCE, 'ada@example.org'])
    expect(log.join('')).not.toContain(secret)
})

describe('over a real connection', () => {
  it('two Authorization headers are refused, equal ones too, and together with an internal token', async () => {
    const token = `Authorization: Bearer ${await issuer.accessToken('operator')}\r\n`

    expect(await statusOf('GET /users?email=a@b.example', token)).toBe(200)
    for (const second of [token, 'authorization: Bearer x\r\n', 'AUTHORIZATION: Basic YTpi\r\n', 'Authorization:\r\n'])
      expect(await statusOf('GET /users?email=a@b.example', token + second)).toBe(401)
    expect(await statusOf('GET /users/me', `Authorization:\r\n${token}`)).toBe(401)
  })

  it('a token of 200 KB is refused as a header that is too large', async () => {
    expect(await statusOf('GET /users/me', `Authorization: Bearer ${'x'.repeat(200_000)}\r\n`)).toBe(431)
    expect(await statusOf('GET /users/me', `Authorization: Bearer ${'x'.repeat(9 * 1024)}\r\n`)).toBe(401)
  })
})

it('every refusal of the verifier is a TokenInvalid', async () => {
  for (const [, make] of FORGERIES.filter(([name]) => name !== '9 KiB'))
    await expect(verifier().verify(await make())).rejects.toThrow(TokenInvalid)
})

/** Claims of an operator's token. */
async function claims(): Promise<Record<string, unknown>> {
  return decode((await issuer.sign()).split('.')[1] ?? '')
}

async function changed(index: number, change: (part: string) => string): Promise<string> {
  const parts = (await issuer.sign()).split('.')
  return parts.map((part, n) => (n === index ? change(part) : part)).join('.')
}

/** A good token with other header parameters, which its signature does not cover. */
function reheaded(header: Readonly<Record<string, unknown>>): Promise<string> {
  return changed(0, (part) => encode({ ...decode(part), ...header }))
}

async function unknownCrit(): Promise<string> {
  return reheaded({ crit: ['urn:unknown'], 'urn:unknown': true })
}

async function signedWithPublicKey(): Promise<string> {
  const [jwk] = issuer.publicKeys
  const pem = await exportSPKI((await importJWK({ ...jwk, alg: 'RS256' })) as webcrypto.CryptoKey)
  expect(createPublicKey(pem).asymmetricKeyType).toBe('rsa')
  return new SignJWT(await claims())
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: String(jwk?.kid) })
    .sign(Buffer.from(pem))
}

async function signedBySomebodyElse(): Promise<string> {
  await using other = await OidcIssuer.open()
  return other.sign({ iss: issuer.url }, { kid: issuer.publicKeys[0]?.kid })
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}

/** Sends a request with these header lines, and returns the status of its answer. */
async function statusOf(line: string, headers: string): Promise<number> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {}) // a refusal may reset the connection while bytes are still being sent
  const received: Buffer[] = []
  socket.on('data', (chunk) => received.push(chunk))
  socket.write(`${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`)
  await new Promise((resolve) => socket.once('close', resolve))
  return Number(Buffer.concat(received).toString().split(' ')[1])
}
