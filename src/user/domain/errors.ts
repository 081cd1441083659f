import { DomainError } from '../../shared/domain/domain-error.ts'
import type { UserId } from '../../shared/domain/user-id.ts'

export class UserNotFound extends DomainError {
  constructor(id: UserId) {
    super('not_found', 'user_not_found', `There is no user ${id}.`)
  }
}

export class EmailTaken extends DomainError {
  constructor() {
    super('conflict', 'email_taken', 'A user with this e-mail address exists already.')
  }
}

export class UserAlreadyBanned extends DomainError {
  constructor(id: UserId) {
    super('conflict', 'user_already_banned', `The user ${id} is banned already.`)
  }
}
