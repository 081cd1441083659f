import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'

/** A forgotten user whom stored ballots may still name. */
export interface UserToForget {
  readonly userId: UserId
  /** Time of the forgetting. */
  readonly since: Instant
  /** Milliseconds from then to now, by the database's clock. */
  readonly ageMs: number
}

/** The forgotten users whom stored ballots may still name, in the order of their forgetting. */
export interface UsersToForget {
  count(): Promise<number>
  /** Returns the user after another one, or the first; undefined without one. */
  next(after: UserToForget | undefined): Promise<UserToForget | undefined>
  /** Removes a user whom no ballot names any more. */
  remove(id: UserId): Promise<void>
}
