import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ban, UserRepos } from '../domain/user-repository.ts'
import type { UserQueries } from './user-queries.ts'

/** Answers the questions of other contexts about users. */
export class Standings {
  readonly #queries: UserQueries
  readonly #unitOfWork: UnitOfWork<UserRepos>

  constructor(queries: UserQueries, unitOfWork: UnitOfWork<UserRepos>) {
    this.#queries = queries
    this.#unitOfWork = unitOfWork
  }

  /** The standing of each of these users. */
  async of(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, 'active' | 'banned' | 'unknown'>> {
    const bans = await this.#queries.bans(ids)
    return new Map(ids.map((id) => [id, bans.has(id) ? (bans.get(id) ? 'banned' : 'active') : 'unknown']))
  }

  /** The bans in force at `asOf`, as the repository of users defines that time. */
  async banned(): Promise<{ readonly bans: readonly Ban[]; readonly asOf: Instant }> {
    return this.#unitOfWork.run(({ users }) => users.banned())
  }
}
