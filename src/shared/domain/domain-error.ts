import { type ErrorKind, ServiceError } from './service-error.ts'

/** A rule of the domain refuses what the caller wants. Trying again changes nothing while the facts stay as they are. */
export abstract class DomainError extends ServiceError {
  constructor(kind: Exclude<ErrorKind, 'unavailable'>, code: string, message: string) {
    super(kind, code, message)
  }
}
