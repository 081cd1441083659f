/// <reference lib="dom" />
/** What a token says about its holder. It decides what the page offers; the service decides what is allowed. */

export interface Session {
  readonly isOperator: boolean
  readonly isAuditor: boolean
  /** The holder in words. */
  readonly who: string
}

export function sessionOf(token: string, rolesClaim: string): Session {
  const claims = claimsOf(token)
  const roles = rolesIn(claims, rolesClaim)
  const { sub, exp } = claims as { readonly sub?: unknown; readonly exp?: unknown }
  const until = typeof exp === 'number' ? `, until ${new Date(exp * 1000).toISOString().slice(11, 16)} UTC` : ''
  const isOperator = roles.includes('operator')
  const isAuditor = roles.includes('auditor')
  const role = isOperator ? 'operator' : isAuditor ? 'auditor' : 'neither operator nor auditor'
  return { isOperator, isAuditor, who: `Signed in as ${String(sub)} (${role})${until}.` }
}

/** @throws Error in words for the visitor */
function claimsOf(token: string): object {
  try {
    const base64 = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof claims === 'object' && claims !== null) return claims
  } catch {
    // not a JWT
  }
  throw new Error('This is no access token: a token has three parts with dots between them, and nothing else.')
}

function rolesIn(claims: object, path: string): readonly unknown[] {
  const claim = path
    .split('.')
    .reduce<unknown>(
      (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
      claims,
    )
  if (Array.isArray(claim)) return claim
  return typeof claim === 'string' ? claim.split(' ') : []
}
