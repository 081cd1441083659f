import { describe, expect, it } from 'vitest'
import { grantOf } from '../../../src/access/domain/policy.ts'
import { type Caller, identityOf, ROLES, type Role } from '../../../src/shared/domain/caller.ts'

const PERMISSIONS = [
  'read-private',
  'read-own',
  'find-users',
  'register',
  'submit',
  'create-lottery',
  'ban',
  'forget',
] as const

function subject(...roles: Role[]): Caller {
  return { kind: 'subject', identity: identityOf('issuer', 'ada'), roles }
}

describe('a caller with several roles', () => {
  it.each([
    ['submit', ['participant', 'agent'], { scope: 'any', role: 'agent' }],
    ['submit', ['auditor', 'participant'], { scope: 'own', role: 'participant' }],
    ['read-private', ['agent', 'participant'], { scope: 'own', role: 'participant' }],
    ['read-private', ['participant', 'agent', 'auditor'], { scope: 'any', role: 'auditor' }],
    ['ban', ['participant', 'agent', 'operator', 'auditor'], { scope: 'any', role: 'operator' }],
    ['ban', ['participant', 'agent', 'auditor'], undefined],
  ] as const)('may %s as %j by the widest of their rights', (permission, roles, grant) => {
    expect(grantOf(permission, subject(...roles), 'open')).toEqual(grant)
    expect(grantOf(permission, subject(...roles.toReversed()), 'open')).toEqual(grant)
  })
})

it.each(ROLES)('the rights of the role %s do not depend on what callers without a token may do', (role) => {
  for (const permission of PERMISSIONS)
    expect(grantOf(permission, subject(role), 'open')).toEqual(grantOf(permission, subject(role), 'authenticated'))
})

it('the internal token closes, and does nothing else', () => {
  const caller: Caller = { kind: 'internal-token' }

  expect(grantOf('close', caller, 'open')).toEqual({ scope: 'any', role: undefined })
  for (const permission of PERMISSIONS) expect(grantOf(permission, caller, 'open')).toBeUndefined()
})
