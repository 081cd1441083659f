import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Cause } from '../domain/cause.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it, as far as it was proven. */
    actor: Actor
  }
}

/** Every request is anonymous until a check of its token says otherwise. */
export function registerActor(app: FastifyInstance): void {
  app.decorateRequest('actor', 'anonymous')
}

/** What the events of a request are recorded with. */
export function causeOf({ actor, id }: FastifyRequest): Cause {
  return { actor, requestId: id }
}
