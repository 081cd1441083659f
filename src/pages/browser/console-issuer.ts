/// <reference lib="dom" />
/** Signs in at an OpenID Connect issuer, as a public client: authorization code with PKCE (RFC 7636, S256). */
import { sha256 } from '../../verify/crypto.ts'
import { ascii } from '../../verify/primitives.ts'

/** What the page knows of the issuer and of itself. */
export interface Client {
  readonly issuer: string
  readonly client: string
  /** Where the issuer sends the visitor back to. */
  readonly redirect: string
  /** Audience that the token must name. It is asked for when it is a URI (RFC 8707). */
  readonly audience: string
}

interface Discovered {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
}

/** What must survive the visit to the issuer. It lies in sessionStorage until then, and no longer. */
interface Pending {
  readonly verifier: string
  readonly state: string
  readonly tokenEndpoint: string
}

const PENDING = 'console-sign-in'

/** Sends the visitor to the issuer. @throws Error whose sentence says what is wrong */
export async function goToIssuer(client: Client): Promise<void> {
  const { issuer, authorization_endpoint: endpoint, token_endpoint: tokenEndpoint } = await discover(client)
  if (issuer !== client.issuer) throw new Error('The issuer calls itself by another name than AUTH_ISSUER.')
  const pending: Pending = { verifier: randomText(), state: randomText(), tokenEndpoint }
  const url = new URL(endpoint)
  if (!/^https?:$/.test(url.protocol)) throw new Error('The issuer has no page to sign in at.')
  const query = {
    response_type: 'code',
    client_id: client.client,
    redirect_uri: client.redirect,
    scope: 'openid',
    state: pending.state,
    code_challenge: base64url(sha256(ascii(pending.verifier))), // crypto.subtle is absent on plain HTTP
    code_challenge_method: 'S256',
    ...resourceOf(client),
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  location.assign(url)
}

/** Whether the issuer has just sent the visitor back. */
export function isBackFromIssuer(): boolean {
  return new URLSearchParams(location.search).has('state')
}

/** Takes the issuer's answer out of the address, and gets a token for it. @throws Error whose sentence says what is wrong */
export async function tokenFromIssuer(client: Client): Promise<string> {
  const answer = new URLSearchParams(location.search)
  const kept = sessionStorage.getItem(PENDING)
  sessionStorage.removeItem(PENDING)
  history.replaceState(null, '', location.pathname)
  const pending = kept === null ? undefined : (JSON.parse(kept) as Pending)
  if (!pending || answer.get('state') !== pending.state || (answer.get('iss') ?? client.issuer) !== client.issuer)
    throw new Error('This answer of the issuer belongs to no sign-in of this page. Sign in again.')
  const code = answer.get('code')
  if (code === null)
    throw new Error(`The issuer refused: ${answer.get('error_description') ?? answer.get('error') ?? 'no reason'}.`)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    code_verifier: pending.verifier,
    client_id: client.client,
    redirect_uri: client.redirect,
    ...resourceOf(client),
  })
  const { access_token: token } = await json<{ readonly access_token?: unknown }>(pending.tokenEndpoint, {
    method: 'POST',
    body,
  })
  if (typeof token !== 'string')
    throw new Error('The issuer gave no access token. Is the console a public client of it?')
  return token
}

function discover({ issuer }: Client): Promise<Discovered> {
  return json(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
}

function resourceOf({ audience }: Client): { readonly resource?: string } {
  return URL.canParse(audience) ? { resource: audience } : {}
}

async function json<Body>(url: string, request: RequestInit = {}): Promise<Body> {
  try {
    return (await (await fetch(url, { ...request, cache: 'no-store', redirect: 'error' })).json()) as Body
  } catch {
    throw new Error('The issuer did not answer. It must allow requests of this page (CORS).')
  }
}

/** 256 random bits, in 43 characters. */
function randomText(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
