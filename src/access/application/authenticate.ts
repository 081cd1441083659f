import { ANONYMOUS, type Caller } from '../../shared/domain/caller.ts'
import { TokenInvalid } from '../domain/errors.ts'
import type { TokenVerifier } from './token-verifier.ts'

/** Characters of a token at most. */
const MAX_TOKEN = 8 * 1024
/** RFC 6750 section 2.1: the scheme in any case, one space, and the token. */
const BEARER = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i

/** Learns the caller of a request from its Authorization header fields. */
export class Authenticate {
  readonly #verifier: TokenVerifier

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier
  }

  /** @throws TokenInvalid | IssuerUnavailable */
  async execute(authorizations: readonly string[]): Promise<Caller> {
    const [authorization, second] = authorizations
    if (authorization === undefined) return ANONYMOUS
    if (second !== undefined) throw new TokenInvalid('the request has several Authorization headers')
    if (authorization.length > MAX_TOKEN) throw new TokenInvalid(`it is longer than ${MAX_TOKEN} characters`)
    const token = BEARER.exec(authorization.trim())?.[1]
    if (token === undefined) throw new TokenInvalid('the Authorization header is not of the form Bearer <token>')
    const { identity, roles } = await this.#verifier.verify(token)
    return { kind: 'subject', identity, roles }
  }
}
