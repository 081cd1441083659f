import type { Identity, Role } from '../../shared/domain/caller.ts'

/** The facts of a verified token. */
export interface VerifiedToken {
  readonly identity: Identity
  readonly roles: readonly Role[]
  /** When the token expires, in seconds since 1970. */
  readonly expiresAt: number
}

export interface TokenVerifier {
  /**
   * Verifies an access token after RFC 8725 and RFC 9068.
   * @throws TokenInvalid when the token is not acceptable
   * @throws IssuerUnavailable when the issuer's keys cannot be had
   */
  verify(token: string): Promise<VerifiedToken>
}
