import type { JSONWebKeySet } from 'jose'
import type { Logger } from 'pino'
import type { Identity } from '../shared/domain/caller.ts'
import type { UserId } from '../shared/domain/user-id.ts'
import type { AccessControl } from './api/access-hook.ts'
import { Authenticate } from './application/authenticate.ts'
import type { TokenVerifier } from './application/token-verifier.ts'
import type { Participants } from './domain/policy.ts'
import { CachingTokenVerifier } from './infrastructure/caching-token-verifier.ts'
import { IssuerKeys } from './infrastructure/issuer-keys.ts'
import { JoseTokenVerifier, type TokenRules } from './infrastructure/jose-token-verifier.ts'
import { pseudonyms } from './infrastructure/pseudonyms.ts'
import { SELF, TokenSigner } from './infrastructure/token-signer.ts'

export interface AccessSettings {
  readonly participants: Participants
  /** Undefined: the service issues its tokens itself. */
  readonly authIssuer: string | undefined
  readonly authAudience: string | undefined
  readonly authRolesClaim: string
  readonly authTokenType: string
  readonly authAlgorithms: readonly string[]
  readonly internalCloseToken: string | undefined
}

interface AccessSurroundings {
  /** Ed25519 seed of the service's own tokens. Undefined: another issuer is configured. */
  readonly tokenSeed: Uint8Array | undefined
  /** Key of the names of callers in events. */
  readonly pseudonymKey: Uint8Array
  readonly ownUserOf: (identity: Identity) => Promise<UserId | undefined>
  readonly log: Logger
}

/** Rules for the tokens that the service issues itself. */
const SELF_RULES: TokenRules = {
  issuer: SELF,
  audience: SELF,
  algorithms: ['EdDSA'],
  tokenType: 'at+jwt',
  rolesClaim: 'roles',
}

/** Constructs the access control of the service: who a caller is, and what the caller may do. */
export function composeAccess(
  settings: AccessSettings,
  { tokenSeed, pseudonymKey, ownUserOf, log }: AccessSurroundings,
): AccessControl & { readonly jwks: JSONWebKeySet } {
  const signer = tokenSeed && new TokenSigner(tokenSeed)
  return {
    authenticate: new Authenticate(new CachingTokenVerifier(verifierOf(settings, signer, log))),
    participants: settings.participants,
    internalCloseToken: settings.internalCloseToken,
    ownUserOf,
    pseudonymOf: pseudonyms(pseudonymKey),
    jwks: signer?.jwks ?? { keys: [] },
  }
}

function verifierOf(settings: AccessSettings, signer: TokenSigner | undefined, log: Logger): TokenVerifier {
  const { authIssuer, authAudience = '' } = settings
  if (authIssuer === undefined) {
    if (!signer) throw new Error('tokens need an issuer: set AUTH_ISSUER or TOKEN_SIGNING_KEY')
    return new JoseTokenVerifier(signer.keys, SELF_RULES)
  }
  return new JoseTokenVerifier(new IssuerKeys(authIssuer, log).keyOf, {
    issuer: authIssuer,
    audience: authAudience,
    algorithms: settings.authAlgorithms,
    tokenType: settings.authTokenType,
    rolesClaim: settings.authRolesClaim,
  })
}
