import type { AccessSettings } from '../../src/access/index.ts'
import { TokenSigner } from '../../src/access/infrastructure/token-signer.ts'
import { uuidBallotIds } from '../../src/lottery/infrastructure/uuid-ballot-ids.ts'
import type { Role } from '../../src/shared/domain/caller.ts'
import type { ServiceSecrets } from '../../src/shared/infrastructure/service-secrets.ts'

/** Value of `X-Internal-Token` that every service of the tests accepts. */
export const INTERNAL_TOKEN = 'the-token-of-the-tests'
export const TOKEN_SEED = Buffer.alloc(32, 4)
export const SECRETS: ServiceSecrets = { ballotIds: Buffer.alloc(32, 2), pseudonyms: Buffer.alloc(32, 3) }
export const BALLOT_IDS = uuidBallotIds(SECRETS.ballotIds)

export const OPEN_ACCESS: AccessSettings = {
  participants: 'open',
  authIssuer: undefined,
  authAudience: undefined,
  authRolesClaim: 'roles',
  authTokenType: 'at+jwt',
  authAlgorithms: ['EdDSA'],
  internalCloseToken: INTERNAL_TOKEN,
}

/** Headers with a token of the service's own issuer. */
export async function bearer(role: Role, subject: string = role, now = Date.now()): Promise<{ authorization: string }> {
  const token = await new TokenSigner(TOKEN_SEED).issue({ role, subject, minutes: 15 }, now)
  return { authorization: `Bearer ${token}` }
}
