import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { AUDIENCE, withoutNotices } from './oidc-issuer.ts'

export const CLIENT = 'console'
const SUBJECT = 'olivia'

/** An OpenID Connect issuer at which a browser signs in, always as the same operator and without a question. */
export class OidcLogin implements AsyncDisposable {
  readonly #server: Server
  readonly #provider: Provider
  /** Queries with which browsers came to sign in. */
  readonly asked: URLSearchParams[] = []

  private constructor(server: Server, jwk: object, redirectUri: string) {
    this.#server = server
    this.#provider = withoutNotices(() => new Provider(urlOf(server), configuration(jwk, redirectUri)))
    const answer = this.#provider.callback()
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { pathname, searchParams } = new URL(request.url ?? '', urlOf(server))
      if (pathname === '/auth') this.asked.push(searchParams)
      if (pathname !== '/sign-in') return answer(request, response)
      void this.#provider.interactionFinished(request, response, { login: { accountId: SUBJECT } })
    })
  }

  /** Opens an issuer with a public client that browsers return to at this address. */
  static async open(redirectUri: string): Promise<OidcLogin> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true })
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new OidcLogin(
      server,
      { ...(await exportJWK(privateKey)), kid: 'login', alg: 'RS256', use: 'sig' },
      redirectUri,
    )
  }

  get url(): string {
    return urlOf(this.#server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function configuration(jwk: object, redirectUri: string) {
  return {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [redirectUri],
      },
    ],
    clientBasedCORS: () => true,
    cookies: { keys: ['of the tests'] },
    interactions: { url: () => '/sign-in' },
    features: {
      devInteractions: { enabled: false },
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
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: () => ({ roles: ['operator'] }),
    loadExistingGrant: async ({ oidc }: { oidc: { provider: Provider; client: { clientId: string } } }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: SUBJECT })
      grant.addOIDCScope('openid')
      await grant.save()
      return grant
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 60, Session: 600 },
  }
}
