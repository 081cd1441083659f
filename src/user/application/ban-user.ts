import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { UserNotFound } from '../domain/errors.ts'
import type { UserRepos } from '../domain/user-repository.ts'

/** Bans a user, or lifts the ban. */
export class BanUser {
  readonly #unitOfWork: UnitOfWork<UserRepos>

  constructor(unitOfWork: UnitOfWork<UserRepos>) {
    this.#unitOfWork = unitOfWork
  }

  /** @throws UserNotFound | UserAlreadyBanned */
  async ban(id: UserId, cause: Cause): Promise<void> {
    await this.#change(id, 'ban', cause)
  }

  /** @throws UserNotFound */
  async unban(id: UserId, cause: Cause): Promise<void> {
    await this.#change(id, 'unban', cause)
  }

  async #change(id: UserId, verb: 'ban' | 'unban', cause: Cause): Promise<void> {
    await this.#unitOfWork.run(async ({ users }) => {
      const { user, at } = await users.lock(id)
      if (!user) throw new UserNotFound(id)
      user[verb](at, cause)
      await users.save(user)
    })
  }
}
