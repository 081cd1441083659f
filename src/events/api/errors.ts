import { ServiceError } from '../../shared/domain/service-error.ts'

export class EventTypeNotFound extends ServiceError {
  constructor(file: string) {
    super('not_found', 'event_type_not_found', `There is no event type with the schema ${file}.`)
  }
}
