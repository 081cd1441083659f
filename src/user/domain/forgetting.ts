import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserState } from './user.ts'

/** What remains of a user whose person is forgotten: the facts that the user's earlier events are compared with. */
export interface ForgottenUser extends Pick<UserState, 'id' | 'bannedAt' | 'createdAt' | 'lastSeq'> {
  readonly forgottenAt: Instant
}

/** A forgetting, with its event, which says that it happened and not who was forgotten. */
export interface Forgetting {
  readonly user: ForgottenUser
  readonly events: readonly DomainEvent[]
}

/** Forgets the person behind a user. A ban stays: the user's ballots in lotteries that are not sealed yet must not win. */
export function forgetting(
  { id, bannedAt, createdAt, lastSeq }: UserState,
  forgettingId: string,
  at: Instant,
  cause: Cause,
): Forgetting {
  const events = new DomainEvents(`forgetting/${forgettingId}`, 0)
  events.record('user.forgotten.v1', at, cause, {})
  return { user: { id, bannedAt, createdAt, lastSeq, forgottenAt: at }, events: events.take() }
}
