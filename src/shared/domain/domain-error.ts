/** What went wrong, seen from the domain. The HTTP status of each kind stands in one table, in shared/api. */
export type ErrorKind = 'invalid' | 'forbidden' | 'not_found' | 'conflict' | 'unavailable'

/** A refusal that the domain can name: `code` is stable and public, `message` is a full sentence without secrets. */
export abstract class DomainError extends Error {
  readonly kind: ErrorKind
  readonly code: string

  constructor(kind: ErrorKind, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.kind = kind
    this.code = code
  }
}
