import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserState } from '../domain/user.ts'

/** Reads that need no lock: each sees what was committed when it began. */
export interface UserQueries {
  find(id: UserId): Promise<UserState | undefined>
  /** Whether each of these users is banned; ids that no user has are absent. */
  bans(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, boolean>>
}
