import { LRUCache } from 'lru-cache'
import type { TokenVerifier, VerifiedToken } from '../application/token-verifier.ts'

/** Tokens that are remembered at most. */
const MAX_TOKENS = 10_000
/** Milliseconds that a token is remembered at most. */
const MAX_AGE_MS = 60_000

/** Remembers verified tokens until they expire, so that the requests of one caller cost one signature check a minute. */
export class CachingTokenVerifier implements TokenVerifier {
  readonly #verifier: TokenVerifier
  readonly #known = new LRUCache<string, VerifiedToken>({ max: MAX_TOKENS, ttl: MAX_AGE_MS })

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier
  }

  async verify(token: string): Promise<VerifiedToken> {
    const known = this.#known.get(token)
    if (known && known.expiresAt * 1_000 > Date.now()) return known
    const verified = await this.#verifier.verify(token)
    const ttl = Math.min(MAX_AGE_MS, verified.expiresAt * 1_000 - Date.now())
    if (ttl > 0) this.#known.set(token, verified, { ttl })
    return verified
  }
}
