import { DomainError } from '../domain/domain-error.ts'

/**
 * One atomic piece of work on repositories that share one transaction.
 *
 * When `work` resolves everything it did is durable before `run` resolves; when it throws nothing of it remains.
 * `work` may be run again (at most 3 times) after a serialization failure or a deadlock, so it must have no effects
 * outside its repositories. A commit that gets no answer is {@link OutcomeUnknown} and is never run again; one that is
 * answered by an error stored nothing, and fails as any other statement does.
 */
export interface UnitOfWork<Repos> {
  run<T>(work: (repos: Repos) => Promise<T>): Promise<T>
}

/** The commit was sent and no answer came: the work is stored as a whole or not at all, and only a read can tell. */
export class OutcomeUnknown extends DomainError {
  constructor(options?: ErrorOptions) {
    super(
      'unavailable',
      'outcome_unknown',
      'The connection to the database broke while the change was being stored, so it may or may not be there.',
      options,
    )
  }
}

/** The database cannot be reached, is shutting down, or did not answer in time; nothing of the work is stored. */
export class DatabaseUnavailable extends DomainError {
  constructor(options?: ErrorOptions) {
    super('unavailable', 'database_unavailable', 'The database does not answer at the moment; try again.', options)
  }
}

/**
 * The connection broke in the middle of the work, or had broken before: nothing of the work is stored, and another
 * connection may well serve. One whose COMMIT was on its way is {@link OutcomeUnknown} instead.
 */
export class ConnectionLost extends DatabaseUnavailable {}
