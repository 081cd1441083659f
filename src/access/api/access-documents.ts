import type { FastifyInstance } from 'fastify'
import { withRefusals } from '../../shared/api/refusals.ts'
import type { Permission } from '../../shared/domain/permission.ts'
import { Forbidden, TokenInvalid, Unauthenticated } from '../domain/errors.ts'
import { IssuerUnavailable } from '../domain/issuer-unavailable.ts'
import { isOpen } from '../domain/policy.ts'

const OF_TOKENS = [new TokenInvalid('it has expired'), new IssuerUnavailable()]
const WITHOUT_RIGHT = [new Unauthenticated(), Forbidden.withoutRole(['operator'])]

type Security = readonly Readonly<Record<string, readonly string[]>>[]

/** Adds to the documentation of each route who may use it, and how the others are refused. */
export function documentAccess(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const permission = route.config?.access
    if (permission === undefined || permission === 'operate' || !route.schema || route.schema.hide) return
    const { response } = route.schema as { readonly response?: Readonly<Record<string, unknown>> }
    route.schema = {
      ...route.schema,
      security: securityOf(permission),
      ...(response && { response: withRefusals(response, refusalsOf(permission)) }),
    }
  })
}

/** OpenAPI security requirements: one of them is enough, and the empty one is met without a token. */
function securityOf(permission: Permission): Security {
  if (isOpen(permission, 'open')) return [{}, { bearer: [] }]
  return permission === 'close' ? [{ bearer: [] }, { internalToken: [] }] : [{ bearer: [] }]
}

function refusalsOf(permission: Permission): readonly Error[] {
  return isOpen(permission, 'authenticated') ? OF_TOKENS : [...OF_TOKENS, ...WITHOUT_RIGHT]
}
