import type { FastifyReply, FastifyRequest } from 'fastify'
import { NotYourUser, OwnUserNotFound } from '../domain/access-errors.ts'
import type { Identity } from '../domain/caller.ts'
import type { Permission, Scope } from '../domain/permission.ts'
import type { UserId } from '../domain/user-id.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Permission that the route needs. The service does not start with a route that declares none. */
    access?: Permission
  }
  interface FastifyRequest {
    access: Access
  }
}

/** The caller's right to use the route, found before the route runs. */
export interface Access {
  readonly scope: Scope
  /** Subject of the caller's token; undefined without a token. */
  readonly identity: Identity | undefined
  /** User of the caller's subject; looked up only where the scope is `own`. */
  readonly ownUserId: UserId | undefined
}

/** Right of a caller without a token to read public facts. */
export const PUBLIC_ACCESS: Access = { scope: 'public', identity: undefined, ownUserId: undefined }

/** Whether the caller may see the private facts of a user. */
export function seesUser({ access }: FastifyRequest, userId: UserId): boolean {
  return access.scope === 'any' || (access.scope === 'own' && access.ownUserId === userId)
}

/** The caller's own user. @throws OwnUserNotFound */
export function ownUserOf({ access }: FastifyRequest): UserId {
  if (access.ownUserId === undefined) throw new OwnUserNotFound()
  return access.ownUserId
}

/** @throws OwnUserNotFound | NotYourUser when the caller may act only for its own user, and this is another one */
export function requireUser(request: FastifyRequest, userId: UserId): void {
  if (request.access.scope === 'own' && ownUserOf(request) !== userId) throw new NotYourUser()
}

/** Keeps an answer that depends on its caller out of every cache. */
export function markPrivate(reply: FastifyReply): void {
  reply.header('cache-control', 'private, no-store')
}
