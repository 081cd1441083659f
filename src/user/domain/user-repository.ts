import type { Identity } from '../../shared/domain/caller.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Forgetting } from './forgetting.ts'
import type { User } from './user.ts'

/** A user who is banned, and the id of the event of that ban. */
export interface Ban {
  readonly userId: UserId
  readonly eventId: string
}

export interface UserRepository {
  /**
   * Adds a new user with its events. When another user has the e-mail address, in any letter case, nothing is stored and
   * false is returned.
   */
  add(user: User): Promise<boolean>
  /** The user of a token's subject; undefined when there is none. */
  ofIdentity(identity: Identity): Promise<User | undefined>
  /**
   * Locks the user until the unit of work ends. `at` is the database's clock, read after the lock was got. `user` is
   * undefined when the id is unknown, as that of a forgotten user is. {@link banned} waits until the unit of work ends, so
   * its result cannot miss a ban that is dated before `asOf`.
   */
  lock(id: UserId): Promise<{ readonly user: User | undefined; readonly at: Instant }>
  /** Stores a locked user's change together with the events it recorded. */
  save(user: User): Promise<void>
  /**
   * Stores a locked user's forgetting with its event: the personal fields are gone, and the id is unknown from then on. The
   * user is noted as one whom ballots may still name.
   */
  forget(forgetting: Forgetting): Promise<void>
  /** The database's clock. */
  now(): Promise<Instant>
  /**
   * The bans in force at `asOf`, by the database's clock, each with its event. Every ban dated up to `asOf` is included, and
   * no ban dated after it; those of forgotten users too. Waits for bans that are being stored. Must be the only call of its
   * unit of work.
   */
  banned(): Promise<{ readonly bans: readonly Ban[]; readonly asOf: Instant }>
}

/** The repositories of this context's unit of work. */
export interface UserRepos {
  readonly users: UserRepository
}
