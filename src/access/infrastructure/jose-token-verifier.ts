import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { identityOf, ROLES, type Role } from '../../shared/domain/caller.ts'
import { ServiceError } from '../../shared/domain/service-error.ts'
import type { TokenVerifier, VerifiedToken } from '../application/token-verifier.ts'
import { TokenInvalid } from '../domain/errors.ts'

export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  /** Signature algorithms that are accepted; never one of HMAC. */
  readonly algorithms: readonly string[]
  /** Value of the header parameter `typ`. RFC 9068 says `at+jwt`. */
  readonly tokenType: string
  /** Place of the roles in the claims: names separated by dots, such as `realm_access.roles`. */
  readonly rolesClaim: string
}

/** Seconds that the clocks of issuer and service may differ. */
const LEEWAY_S = 30
/** RFC 7519 section 4.1.2 asks for a text. No database takes a NUL or half of a surrogate pair. */
const SUBJECT = /^[^\p{Cc}\p{Cs}]{1,255}$/u

/** Reasons by jose's error codes. jose's own messages could quote the token. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JWKS_NO_MATCHING_KEY: 'its issuer has no such key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'it does not name its key, and its issuer has several',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not allowed',
}

/** Verifies signed access tokens with jose. */
export class JoseTokenVerifier implements TokenVerifier {
  readonly #keys: JWTVerifyGetKey
  readonly #rules: TokenRules

  constructor(keys: JWTVerifyGetKey, rules: TokenRules) {
    this.#keys = keys
    this.#rules = rules
  }

  async verify(token: string): Promise<VerifiedToken> {
    const { payload } = await this.#verified(token)
    const { sub, exp, cnf } = payload
    // A token bound to a key (DPoP, mutual TLS) proves nothing without that key, which this service does not ask for.
    if (cnf !== undefined) throw new TokenInvalid('it is bound to a key of its client, which is not supported')
    if (typeof sub !== 'string' || !SUBJECT.test(sub))
      throw new TokenInvalid('its claim sub must be a text of 1 to 255 characters, none of them a control character')
    const { issuer, rolesClaim } = this.#rules
    return { identity: identityOf(issuer, sub), roles: rolesIn(payload, rolesClaim), expiresAt: exp as number }
  }

  async #verified(token: string) {
    const { issuer, audience, algorithms, tokenType } = this.#rules
    try {
      return await jwtVerify<JWTPayload & { cnf?: unknown }>(token, this.#keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        typ: tokenType,
        clockTolerance: LEEWAY_S,
        requiredClaims: ['exp', 'sub'],
      })
    } catch (error) {
      if (error instanceof ServiceError) throw error
      throw new TokenInvalid(reasonOf(error))
    }
  }
}

/** jose throws errors of other classes for weak and broken keys of a key set, so every other error is a refusal too. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const part = error.claim === 'typ' ? 'header parameter' : 'claim'
    return `its ${part} ${error.claim} is missing or not accepted`
  }
  if (error instanceof errors.JOSEError) return REASONS[error.code] ?? 'it is not a valid JWT'
  return 'its key cannot be used'
}

/** The known roles of a token. A token without any is a participant's. */
function rolesIn(payload: JWTPayload, path: string): readonly Role[] {
  const claim = path
    .split('.')
    .reduce<unknown>(
      (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      payload,
    )
  const names = Array.isArray(claim) ? claim : typeof claim === 'string' ? claim.split(' ') : []
  const roles = ROLES.filter((role) => names.includes(role))
  return roles.length === 0 ? ['participant'] : roles
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
