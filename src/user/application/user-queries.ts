import type { Identity } from '../../shared/domain/caller.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserState } from '../domain/user.ts'

/** Reads that need no lock. Each sees the rows that were committed when it began. The id of a forgotten user is unknown. */
export interface UserQueries {
  /** The user with this id; undefined when the id is unknown. */
  find(id: UserId): Promise<UserState | undefined>
  /** The user with this e-mail address, in any case. */
  findByEmail(email: string): Promise<UserState | undefined>
  /** Id of the user of a token's subject; undefined when there is none. */
  idOf(identity: Identity): Promise<UserId | undefined>
  /** Whether each of these users is banned. An unknown id is absent from the result. */
  bans(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, boolean>>
}
