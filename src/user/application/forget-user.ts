import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { UserNotFound } from '../domain/errors.ts'
import { forgetting } from '../domain/forgetting.ts'
import type { UserRepos } from '../domain/user-repository.ts'

/** Forgets persons. The user is unknown at once, and leaves the ballots afterwards. */
export class ForgetUser {
  readonly #unitOfWork: UnitOfWork<UserRepos>
  readonly #mintId: () => string
  readonly #onForgotten: (id: UserId) => void

  /** `onForgotten` is called once a forgetting is stored. */
  constructor(unitOfWork: UnitOfWork<UserRepos>, mintId: () => string, onForgotten: (id: UserId) => void) {
    this.#unitOfWork = unitOfWork
    this.#mintId = mintId
    this.#onForgotten = onForgotten
  }

  /** @throws UserNotFound */
  async execute(id: UserId, cause: Cause): Promise<void> {
    const forgettingId = this.#mintId()
    await this.#unitOfWork.run(async ({ users }) => {
      const { user, at } = await users.lock(id)
      if (!user) throw new UserNotFound(id)
      await users.forget(forgetting(user.state, forgettingId, at, cause))
    })
    this.#onForgotten(id)
  }
}
