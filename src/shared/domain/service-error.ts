import type { ErrorCode } from './error-code.ts'

/** Kind of a named error. One table in shared/api gives the HTTP status of each. */
export type ErrorKind = 'invalid' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict' | 'unavailable'

/**
 * An error that the service can name to its caller. `code` is stable and public. The message is a full sentence without
 * secrets and personal data. Every other error is a fault of the service, whose details stay hidden from the caller.
 */
export abstract class ServiceError extends Error {
  readonly kind: ErrorKind
  readonly code: ErrorCode

  constructor(kind: ErrorKind, code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.kind = kind
    this.code = code
  }
}
