import type { Role } from '../../shared/domain/caller.ts'
import { ServiceError } from '../../shared/domain/service-error.ts'

/** The request needs a token and has none (RFC 6750 section 3.1: the challenge has no error attribute then). */
export class Unauthenticated extends ServiceError {
  constructor() {
    super('unauthenticated', 'unauthenticated', 'This request needs a token: send `Authorization: Bearer <token>`.')
  }
}

/** The request's token cannot be accepted. `reason` names the failed check, never a part of the token. */
export class TokenInvalid extends ServiceError {
  constructor(reason: string) {
    super('unauthenticated', 'token_invalid', `The token was not accepted: ${reason}.`)
  }
}

/** The caller is known and may not do this. */
export class Forbidden extends ServiceError {
  constructor(message: string) {
    super('forbidden', 'forbidden', message)
  }

  static withoutRole(roles: readonly Role[]): Forbidden {
    const needed = roles.length === 1 ? `the role ${roles[0]}` : `one of the roles ${roles.join(', ')}`
    return new Forbidden(`This request needs a token with ${needed}.`)
  }
}
