import type { UserId } from '../../shared/domain/user-id.ts'
import { UserNotFound } from '../domain/errors.ts'
import type { UserState } from '../domain/user.ts'
import type { UserQueries } from './user-queries.ts'

export class FindUser {
  readonly #queries: UserQueries

  constructor(queries: UserQueries) {
    this.#queries = queries
  }

  /** @throws UserNotFound */
  async execute(id: UserId): Promise<UserState> {
    const user = await this.#queries.find(id)
    if (!user) throw new UserNotFound(id)
    return user
  }

  /** Finds the user with this e-mail address, in any case. */
  async byEmail(email: string): Promise<UserState | undefined> {
    return this.#queries.findByEmail(email)
  }
}
