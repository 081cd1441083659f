import { createLocalJWKSet, errors, type FlattenedJWSInput, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { Logger } from 'pino'
import { IssuerUnavailable } from '../domain/issuer-unavailable.ts'

/** Milliseconds of a request to the issuer at most. */
const TIMEOUT_MS = 5_000
/** Bytes of an answer of the issuer at most. */
const MAX_ANSWER = 256 * 1024
/** Milliseconds after which the keys are fetched again. Until the new ones are there, the known ones serve. */
const REFRESH_MS = 10 * 60_000
/** Milliseconds between two fetches at least, so that tokens with made-up key ids cause no storm of requests. */
const COOL_DOWN_MS = 30_000
/** Milliseconds between two fetches at least while there are no keys, so that an outage causes no storm either. */
const RETRY_MS = 1_000

type Keys = ReturnType<typeof createLocalJWKSet>

export interface IssuerKeysSettings {
  /** Milliseconds since any fixed moment. */
  readonly now?: () => number
  readonly timeoutMs?: number
}

/**
 * Keys of an OpenID Connect issuer, found by its discovery document.
 *
 * States: without keys (a caller waits for the fetch, or gets IssuerUnavailable, at once if the last fetch has just failed);
 * with keys (callers get them at once; old ones are refreshed beside the requests). A token with an unknown key id waits for
 * a fetch, unless the last one ended less than the cool-down ago. An issuer that is down is logged, and its known keys go on
 * serving.
 */
export class IssuerKeys {
  readonly #issuer: string
  readonly #log: Logger
  readonly #now: () => number
  readonly #timeoutMs: number
  #keys: Keys | undefined
  /** When the last fetch ended, in either way. */
  #triedAt = Number.NEGATIVE_INFINITY
  #fetchedAt = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined

  constructor(issuer: string, log: Logger, settings: IssuerKeysSettings = {}) {
    const { now = () => performance.now(), timeoutMs = TIMEOUT_MS } = settings
    this.#issuer = issuer
    this.#log = log
    this.#now = now
    this.#timeoutMs = timeoutMs
  }

  /** Key of a token, as jose asks for it. @throws IssuerUnavailable | JWKSNoMatchingKey */
  readonly keyOf = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    if (!this.#keys) await this.#fetchFirst()
    else if (this.#now() - this.#fetchedAt > REFRESH_MS && this.#isCool(COOL_DOWN_MS)) this.#fetch().catch(() => {})
    const keys = this.#keys
    if (!keys) throw new IssuerUnavailable()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (this.#keys === keys && this.#isCool(COOL_DOWN_MS)) await this.#fetch().catch(() => {})
      const newer = this.#keys
      if (newer === undefined || newer === keys) throw error
      return newer(header, token)
    }
  }

  async #fetchFirst(): Promise<void> {
    if (!this.#isCool(RETRY_MS)) throw new IssuerUnavailable()
    await this.#fetch()
  }

  #isCool(coolDownMs: number): boolean {
    return this.#now() - this.#triedAt > coolDownMs
  }

  /** One fetch serves all callers that come while it runs. @throws IssuerUnavailable */
  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchKeys().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetchKeys(): Promise<void> {
    try {
      const discovery = await this.#fetchJson(`${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
      const { issuer, jwks_uri: jwksUri } = discovery as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
      if (issuer !== this.#issuer || typeof jwksUri !== 'string')
        throw new Error('the discovery document is not its own')
      this.#keys = createLocalJWKSet((await this.#fetchJson(jwksUri)) as JSONWebKeySet)
      this.#fetchedAt = this.#now()
    } catch (error) {
      this.#log.warn({ err: error, issuer: this.#issuer }, 'could not fetch the keys of the token issuer')
      throw new IssuerUnavailable({ cause: error })
    } finally {
      this.#triedAt = this.#now()
    }
  }

  #fetchJson(url: string): Promise<unknown> {
    return fetchJson(url, this.#timeoutMs)
  }
}

async function fetchJson(url: string, timeoutMs: number): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  if (!response.ok || !response.body) throw new Error(`the issuer answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > MAX_ANSWER) throw new Error('the answer of the issuer is too long')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}
