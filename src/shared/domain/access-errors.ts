import { DomainError } from './domain-error.ts'

/** The token's subject has no user. */
export class OwnUserNotFound extends DomainError {
  constructor() {
    super('not_found', 'user_not_found', 'The subject of this token has no user yet. Register it by `POST /users`.')
  }
}

/** The caller may act only for its own user. */
export class NotYourUser extends DomainError {
  constructor() {
    super('forbidden', 'not_your_user', 'This token may be used only for the user of its own subject.')
  }
}
