import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { UserRepos } from '../domain/user-repository.ts'
import type { UserQueries } from './user-queries.ts'

/** What other contexts may ask of people. */
export class Standings {
  readonly #queries: UserQueries
  readonly #unitOfWork: UnitOfWork<UserRepos>

  constructor(queries: UserQueries, unitOfWork: UnitOfWork<UserRepos>) {
    this.#queries = queries
    this.#unitOfWork = unitOfWork
  }

  async of(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, 'active' | 'banned' | 'unknown'>> {
    const bans = await this.#queries.bans(ids)
    return new Map(ids.map((id) => [id, bans.has(id) ? (bans.get(id) ? 'banned' : 'active') : 'unknown']))
  }

  /** Everybody banned at `asOf`; see {@link UserRepos} for what that moment promises. */
  async banned(): Promise<{ readonly userIds: readonly UserId[]; readonly asOf: Instant }> {
    return this.#unitOfWork.run(({ users }) => users.banned())
  }
}
