import type { ErrorCode } from '../domain/error-code.ts'
import { ServiceError } from '../domain/service-error.ts'

/** The service cannot do the work now. The request may be right, and may succeed when it is sent again. */
export abstract class Unavailable extends ServiceError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super('unavailable', code, message, options)
  }
}

/** The service has more work than it can do in time. Nothing of the request was done, and nothing will be. */
export class Overloaded extends Unavailable {
  constructor() {
    super('overloaded', 'The service has more requests than it can serve in time. Try again.')
  }
}

/** The service gave up a request whose caller has waited for too long. */
export class TimedOut extends Unavailable {
  constructor() {
    super('timed_out', 'The service did not finish the request in time. Try again.')
  }
}

/** The database cannot be reached, is shutting down, or did not answer in time. Nothing of the work is stored. */
export class DatabaseUnavailable extends Unavailable {
  constructor(options?: ErrorOptions) {
    super('database_unavailable', 'The database does not answer at the moment. Try again.', options)
  }
}

/**
 * The connection to the database broke before or during the work, or leads to a server that takes no writes. Nothing of
 * the work is stored, and another connection may serve. A connection that breaks during COMMIT is
 * {@link OutcomeUnknown} instead.
 */
export class ConnectionLost extends DatabaseUnavailable {}

/** COMMIT was sent and had no answer. The work is stored as a whole or not at all, and only a later read shows which. */
export class OutcomeUnknown extends Unavailable {
  constructor(options?: ErrorOptions) {
    super(
      'outcome_unknown',
      'The connection to the database broke while the change was being stored. The change may be stored or not.',
      options,
    )
  }
}
