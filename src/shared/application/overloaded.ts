import { DomainError } from '../domain/domain-error.ts'

/** More work than can be done in time; nothing of the request was done, and nothing will be. */
export class Overloaded extends DomainError {
  constructor() {
    super('unavailable', 'overloaded', 'There is more to do than can be done in time; try again.')
  }
}
