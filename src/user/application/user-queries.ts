import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserState } from '../domain/user.ts'

/** Reads that need no lock. Each sees the rows that were committed when it began. */
export interface UserQueries {
  /** The user with this id; undefined when the id is unknown. */
  find(id: UserId): Promise<UserState | undefined>
  /** Whether each of these users is banned. An unknown id is absent from the result. */
  bans(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, boolean>>
}
