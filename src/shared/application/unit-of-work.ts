/**
 * Runs work on repositories that share one transaction.
 *
 * When `work` resolves, its changes are durable before `run` resolves. When `work` throws, none of its changes remain.
 * `work` may be run again (at most 3 times) after a serialization failure or a deadlock, so it must have no effects
 * outside its repositories. A commit without an answer throws OutcomeUnknown and is never run again. A commit that the
 * database answers with an error has stored nothing, and fails as any other statement does.
 */
export interface UnitOfWork<Repos> {
  run<T>(work: (repos: Repos) => Promise<T>): Promise<T>
}
