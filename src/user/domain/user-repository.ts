import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { User } from './user.ts'

export interface UserRepository {
  /** Adds a new user with its events. False, and nothing is stored, when the e-mail address is taken in any case. */
  add(user: User): Promise<boolean>
  /**
   * Locks the user until the unit of work ends and reads the database's clock after the lock was got. Until the end
   * {@link banned} waits, so that no ban dated before its answer can be missing from it.
   */
  lock(id: UserId): Promise<{ readonly user: User | undefined; readonly at: Instant }>
  /** Stores a locked user's change together with the events it recorded. */
  save(user: User): Promise<void>
  /** The database's clock. */
  now(): Promise<Instant>
  /**
   * Everybody banned at `asOf`, by the database's clock: all bans dated before it are in, none dated after it is.
   * Waits for bans that are being stored. Must be alone in its unit of work.
   */
  banned(): Promise<{ readonly userIds: readonly UserId[]; readonly asOf: Instant }>
}

/** What a unit of work of this context works on. */
export interface UserRepos {
  readonly users: UserRepository
}
