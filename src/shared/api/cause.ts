import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Cause } from '../domain/cause.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Caller of the request, as far as the service has verified it. */
    actor: Actor
  }
}

/** Makes every request anonymous until its token is verified. */
export function registerActor(app: FastifyInstance): void {
  app.decorateRequest('actor', 'anonymous')
}

/** The cause that the events of a request are recorded with. */
export function causeOf({ actor, id }: FastifyRequest): Cause {
  return { actor, requestId: id }
}
