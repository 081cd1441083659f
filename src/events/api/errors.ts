import { DomainError } from '../../shared/domain/domain-error.ts'

export class EventTypeNotFound extends DomainError {
  constructor(file: string) {
    super('not_found', 'event_type_not_found', `There is no type of event whose schema is ${file}.`)
  }
}
