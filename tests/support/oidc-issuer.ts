import { randomUUID, type webcrypto } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'

export const AUDIENCE = 'urn:lottery-of-the-tests'
const SECRET = 'a-secret-of-the-tests'
/** Clients of the issuer. Each gets its own name as its role, and is the subject of its tokens. */
const CLIENTS = ['participant', 'agent', 'operator', 'auditor', 'newcomer']

interface SigningKey {
  readonly jwk: JWK
  readonly privateKey: webcrypto.CryptoKey
}

/** An OpenID Connect issuer: oidc-provider on a port of its own. It publishes two keys, and signs with the first. */
export class OidcIssuer implements AsyncDisposable {
  readonly #server: Server
  #keys: readonly [SigningKey, SigningKey]
  #provider!: Provider
  #answer: RequestListener = () => {}

  private constructor(keys: readonly [SigningKey, SigningKey]) {
    this.#keys = keys
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async open(): Promise<OidcIssuer> {
    const issuer = new OidcIssuer([await aKey(), await aKey()])
    issuer.#server.listen(0, '127.0.0.1')
    await once(issuer.#server, 'listening')
    issuer.#provide()
    return issuer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Public keys, the signing one first. */
  get publicKeys(): readonly JWK[] {
    return this.#keys.map(({ jwk: { kty, n, e, kid } }) => ({ kty, n, e, kid }) as JWK)
  }

  /** Drops the signing key. The other one signs from now on, and a new key stands by. */
  async rotate(): Promise<void> {
    this.#keys = [this.#keys[1], await aKey()]
    this.#provide()
  }

  /** Gets an access token for the service, by the client credentials grant. */
  async accessToken(client: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const response = await fetch(`${this.url}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client}:${SECRET}`)}`, ...headers },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE }),
    })
    const { access_token: token } = (await response.json()) as { readonly access_token?: string }
    if (token === undefined) throw new Error(`the issuer answered ${response.status}`)
    return token
  }

  /** Gets an access token that is bound to a key of the client (RFC 9449). */
  async boundToken(client: string): Promise<string> {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const proof = await new SignJWT({ htm: 'POST', htu: `${this.url}/token`, jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
      .setIssuedAt()
      .sign(privateKey)
    return this.accessToken(client, { dpop: proof })
  }

  /** Makes an ID token, which tells the client who logged in. */
  async idToken(client: string): Promise<string> {
    const provider = this.#provider
    const ctx = { oidc: { client: await provider.Client.find(client), provider } }
    const token = new provider.IdToken({ sub: client }, { ctx })
    token.scope = 'openid'
    return token.issue({ use: 'idtoken' })
  }

  /** Signs any claims with the issuer's key. The defaults are those of an operator's access token. */
  async sign(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000)
    const [{ jwk, privateKey }] = this.#keys
    const token = { iss: this.url, aud: AUDIENCE, sub: 'operator', roles: ['operator'], iat: now, exp: now + 600 }
    return new SignJWT({ ...token, ...claims })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: String(jwk.kid), ...header })
      .sign(privateKey)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #provide(): void {
    const ttl = 600
    this.#provider = withoutNotices(
      () =>
        new Provider(this.url, {
          jwks: { keys: this.#keys.map(({ jwk }) => jwk) },
          clients: CLIENTS.map((name) => ({
            client_id: name,
            client_secret: SECRET,
            grant_types: ['client_credentials'],
            redirect_uris: [],
            response_types: [],
          })),
          features: {
            clientCredentials: { enabled: true },
            devInteractions: { enabled: false },
            dPoP: { enabled: true },
            resourceIndicators: {
              enabled: true,
              getResourceServerInfo: () => ({
                scope: '',
                accessTokenFormat: 'jwt',
                audience: AUDIENCE,
                jwt: { sign: { alg: 'RS256' } },
              }),
            },
          },
          extraTokenClaims: (_: unknown, token: { readonly clientId: string }) =>
            token.clientId === 'newcomer' ? {} : { roles: ['default-roles', token.clientId] },
          ttl: { ClientCredentials: ttl, IdToken: ttl },
        }),
    )
    this.#answer = this.#provider.callback()
  }
}

async function aKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' }
  return { jwk, privateKey }
}

/** oidc-provider writes to the console that its storage in memory is for development, which tests are. */
export function withoutNotices<T>(make: () => T): T {
  const { info, warn } = console
  console.info = () => {}
  console.warn = () => {}
  try {
    return make()
  } finally {
    console.info = info
    console.warn = warn
  }
}
