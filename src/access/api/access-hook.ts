import { createHash, timingSafeEqual } from 'node:crypto'
import { callbackify } from 'node:util'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PUBLIC_ACCESS } from '../../shared/api/access.ts'
import { InvalidRequest } from '../../shared/api/problem-of.ts'
import { valuesOf } from '../../shared/api/request-head.ts'
import { ANONYMOUS, type Caller, type Identity } from '../../shared/domain/caller.ts'
import type { Permission } from '../../shared/domain/permission.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Authenticate } from '../application/authenticate.ts'
import { Forbidden, Unauthenticated } from '../domain/errors.ts'
import { type Grant, grantOf, type Participants, rolesFor } from '../domain/policy.ts'
import { documentAccess } from './access-documents.ts'

export interface AccessControl {
  readonly authenticate: Authenticate
  readonly participants: Participants
  /** Undefined: no `X-Internal-Token` is accepted. */
  readonly internalCloseToken: string | undefined
  /** The user of a token's subject; undefined when there is none. */
  readonly ownUserOf: (identity: Identity) => Promise<UserId | undefined>
  /** Keyed hash of a token's subject, for events. */
  readonly pseudonymOf: (identity: Identity) => string
}

/** Checks each request's right to use its route, before anything else reads it. */
export function registerAccess(app: FastifyInstance, control: AccessControl): void {
  const isInternalToken = tokenComparison(control.internalCloseToken)
  app.decorateRequest('access')
  requireDeclarations(app)
  documentAccess(app)
  const admitByCredentials = callbackify(admit)

  app.addHook('onRequest', (request, reply, done) => {
    const permission = request.routeOptions.config.access ?? 'operate'
    if (permission === 'read-private') reply.header('vary', 'authorization')
    request.access = PUBLIC_ACCESS
    if (permission === 'operate') return done()
    // At once: for most requests, a promise would cost more than the check.
    if (hasNoCredentials(request)) return done(admitAnonymous(request, permission))
    admitByCredentials(request, permission, done)
  })

  function admitAnonymous(request: FastifyRequest, permission: Permission): Error | undefined {
    const grant = grantOf(permission, ANONYMOUS, control.participants)
    if (!grant) return refusalOf(permission, ANONYMOUS)
    request.actor = actorOf(ANONYMOUS, grant)
    request.access = { ...PUBLIC_ACCESS, scope: grant.scope }
    return undefined
  }

  async function admit(request: FastifyRequest, permission: Permission): Promise<void> {
    const caller = await callerOf(request, permission)
    const grant = grantOf(permission, caller, control.participants)
    if (!grant) throw refusalOf(permission, caller)
    const identity = caller.kind === 'subject' ? caller.identity : undefined
    const isOwn = grant.scope === 'own' && identity !== undefined
    request.actor = actorOf(caller, grant)
    request.access = {
      scope: grant.scope,
      identity,
      ownUserId: isOwn ? await control.ownUserOf(identity) : undefined,
    }
  }

  async function callerOf({ headers, raw }: FastifyRequest, permission: Permission): Promise<Caller> {
    const internalToken = headers['x-internal-token']
    if (permission !== 'close' || internalToken === undefined) {
      return control.authenticate.execute(valuesOf('authorization', raw))
    }
    if (headers.authorization !== undefined) {
      const detail = 'Must not be sent together with Authorization'
      throw new InvalidRequest([{ in: 'header', field: 'X-Internal-Token', detail }])
    }
    if (control.internalCloseToken === undefined) {
      throw new Forbidden('This service accepts no X-Internal-Token, since INTERNAL_CLOSE_TOKEN is not set.')
    }
    if (!isInternalToken(String(internalToken))) throw new Forbidden('The X-Internal-Token is not the configured one.')
    return { kind: 'internal-token' }
  }

  function actorOf(caller: Caller, { role }: Grant): string {
    if (caller.kind !== 'subject') return caller.kind
    return `${role}:${control.pseudonymOf(caller.identity)}`
  }
}

function refusalOf(permission: Permission, caller: Caller): Error {
  return caller.kind === 'anonymous' ? new Unauthenticated() : Forbidden.withoutRole(rolesFor(permission))
}

function hasNoCredentials({ headers }: FastifyRequest): boolean {
  return headers.authorization === undefined && headers['x-internal-token'] === undefined
}

/** Refuses to start with a route that does not declare its access. Hidden routes serve the documentation. */
function requireDeclarations(app: FastifyInstance): void {
  const undeclared: string[] = []
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    if (!schema?.hide && config?.access === undefined) undeclared.push(`${[method].flat().join()} ${url}`)
  })
  app.addHook('onReady', async () => {
    if (undeclared.length > 0) throw new Error(`These routes declare no access: ${undeclared.join(', ')}`)
  })
}

/** Compares in a time that does not depend on where the texts differ. */
function tokenComparison(expected: string | undefined): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expectedDigest = digest(expected ?? '')
  return (given) => timingSafeEqual(digest(given), expectedDigest) && expected !== undefined
}
