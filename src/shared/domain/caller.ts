/** Roles that a token can carry. A valid token without any of them is a participant's. */
export const ROLES = ['participant', 'agent', 'operator', 'auditor'] as const
export type Role = (typeof ROLES)[number]

/** Who sent a request, as far as it was proven. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'internal-token' }
  | { readonly kind: 'subject'; readonly identity: Identity; readonly roles: readonly Role[] }

declare const brand: unique symbol

/** Issuer and subject of a token, separated by a space, which no issuer contains. It is personal data. */
export type Identity = string & { readonly [brand]: 'Identity' }

export function identityOf(issuer: string, subject: string): Identity {
  return `${issuer} ${subject}` as Identity
}

export const ANONYMOUS: Caller = { kind: 'anonymous' }
