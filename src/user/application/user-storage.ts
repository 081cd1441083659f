import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { UserRepos } from '../domain/user-repository.ts'
import type { UserQueries } from './user-queries.ts'
import type { UsersToForget } from './users-to-forget.ts'

/** The ports of this context that a storage technology implements. */
export interface UserStorage {
  readonly unitOfWork: UnitOfWork<UserRepos>
  readonly queries: UserQueries
  readonly usersToForget: UsersToForget
}
