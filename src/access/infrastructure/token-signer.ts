import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, SignJWT } from 'jose'
import type { Role } from '../../shared/domain/caller.ts'

/** Issuer and audience of the tokens that the service issues itself. Its key tells one deployment from another. */
export const SELF = 'urn:lottery-service'

/** DER of PKCS #8 around a raw Ed25519 seed (RFC 8410 section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

interface Ed25519Jwk {
  readonly crv: string
  readonly kty: string
  readonly x: string
}

/** Issues access tokens (RFC 9068), signed with Ed25519 (RFC 8037). */
export class TokenSigner {
  readonly #privateKey: KeyObject
  readonly #keyId: string
  /** The public key, as `/.well-known/jwks.json` serves it. */
  readonly jwks: JSONWebKeySet

  /** `seed` is the private key: 32 random bytes. */
  constructor(seed: Uint8Array) {
    const key = Buffer.concat([PKCS8_PREFIX, seed])
    this.#privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
    const { crv, kty, x } = createPublicKey(this.#privateKey).export({ format: 'jwk' }) as Ed25519Jwk
    this.#keyId = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url') // RFC 7638
    this.jwks = { keys: [{ crv, kty, x, kid: this.#keyId, use: 'sig', alg: 'EdDSA' }] }
  }

  get keys() {
    return createLocalJWKSet(this.jwks)
  }

  /** Issues a token that is valid from `now` on, a time in milliseconds since 1970. */
  async issue(token: { subject: string; role: Role; minutes: number }, now: number): Promise<string> {
    const { subject, role, minutes } = token
    const issuedAt = Math.floor(now / 1_000)
    return new SignJWT({ roles: [role], client_id: 'cli' })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: this.#keyId })
      .setIssuer(SELF)
      .setAudience(SELF)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + 60 * minutes)
      .setJti(randomUUID())
      .sign(this.#privateKey)
  }
}
