import type { ErrorCode } from './error-code.ts'
import { type ErrorKind, ServiceError } from './service-error.ts'

/** A refusal by a rule of the domain. A retry gives the same error until the state that caused it changes. */
export abstract class DomainError extends ServiceError {
  constructor(kind: Exclude<ErrorKind, 'unavailable'>, code: ErrorCode, message: string) {
    super(kind, code, message)
  }
}
