import type { Caller, Role } from '../../shared/domain/caller.ts'
import type { Permission, Scope } from '../../shared/domain/permission.ts'

/** Whether requests without a token may register and submit. */
export type Participants = 'open' | 'authenticated'

type Group = Participants | Role
type Rule = Scope | 'no'

const RULES: readonly Rule[] = ['no', 'public', 'own', 'any']

/** Who may do what. The columns `open` and `authenticated` are callers without a token, by the setting PARTICIPANTS. */
const POLICY: Readonly<Record<Permission, Readonly<Record<Group, Rule>>>> = {
  operate: row('public', 'public', 'public', 'public', 'public', 'public'),
  read: row('public', 'public', 'public', 'public', 'public', 'public'),
  'read-private': row('public', 'public', 'own', 'public', 'any', 'any'),
  'read-own': row('no', 'no', 'own', 'own', 'own', 'own'),
  'list-ballots-of-user': row('any', 'no', 'own', 'no', 'any', 'any'),
  'read-receipt': row('no', 'no', 'own', 'no', 'any', 'no'),
  'find-users': row('no', 'no', 'no', 'no', 'any', 'no'),
  register: row('any', 'no', 'own', 'any', 'any', 'no'),
  submit: row('any', 'no', 'own', 'any', 'any', 'no'),
  'submit-batch': row('no', 'no', 'no', 'any', 'any', 'no'),
  'create-lottery': row('any', 'no', 'no', 'no', 'any', 'no'),
  ban: row('no', 'no', 'no', 'no', 'any', 'no'),
  forget: row('no', 'no', 'no', 'no', 'any', 'no'),
  close: row('no', 'no', 'no', 'no', 'any', 'no'),
  'manage-webhooks': row('no', 'no', 'no', 'no', 'any', 'no'),
  'read-webhooks': row('no', 'no', 'no', 'no', 'any', 'any'),
}

/** A caller's right to use a route. */
export interface Grant {
  readonly scope: Scope
  /** Role that gives the right; undefined for a caller without a token. */
  readonly role: Role | undefined
}

/** The widest right that one of the caller's roles gives; undefined when none gives any. */
export function grantOf(permission: Permission, caller: Caller, participants: Participants): Grant | undefined {
  if (caller.kind === 'internal-token') return permission === 'close' ? { scope: 'any', role: undefined } : undefined
  const groups: readonly Group[] = caller.kind === 'subject' ? caller.roles : [participants]
  const rules = POLICY[permission]
  const widest = groups.reduce((best, group) => (isWider(rules[group], rules[best]) ? group : best))
  const scope = rules[widest]
  if (scope === 'no') return undefined
  return { scope, role: widest === 'open' || widest === 'authenticated' ? undefined : widest }
}

function isWider(rule: Rule, than: Rule): boolean {
  return RULES.indexOf(rule) > RULES.indexOf(than)
}

/** Roles with which a token may use the route. */
export function rolesFor(permission: Permission): Role[] {
  const { open: _open, authenticated: _authenticated, ...roles } = POLICY[permission]
  return (Object.entries(roles) as [Role, Rule][]).flatMap(([role, rule]) => (rule === 'no' ? [] : role))
}

/** Whether callers without a token may use the route. */
export function isOpen(permission: Permission, participants: Participants): boolean {
  return POLICY[permission][participants] !== 'no'
}

function row(open: Rule, authenticated: Rule, participant: Rule, agent: Rule, operator: Rule, auditor: Rule) {
  return { open, authenticated, participant, agent, operator, auditor }
}
