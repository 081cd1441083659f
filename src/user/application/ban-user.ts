import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { UserNotFound } from '../domain/errors.ts'
import type { User } from '../domain/user.ts'
import type { UserRepos, UserRepository } from '../domain/user-repository.ts'

/** Bans users, and lifts their bans. */
export class BanUser {
  readonly #unitOfWork: UnitOfWork<UserRepos>

  constructor(unitOfWork: UnitOfWork<UserRepos>) {
    this.#unitOfWork = unitOfWork
  }

  /** @throws UserNotFound | UserAlreadyBanned */
  async ban(id: UserId, cause: Cause): Promise<void> {
    await this.#unitOfWork.run(async ({ users }) => {
      const { user, at } = await lockUser(users, id)
      user.ban(at, cause)
      await users.save(user)
    })
  }

  /** @throws UserNotFound */
  async unban(id: UserId, cause: Cause): Promise<void> {
    await this.#unitOfWork.run(async ({ users }) => {
      const { user, at } = await lockUser(users, id)
      user.unban(at, cause)
      await users.save(user)
    })
  }
}

async function lockUser(users: UserRepository, id: UserId): Promise<{ readonly user: User; readonly at: Instant }> {
  const { user, at } = await users.lock(id)
  if (!user) throw new UserNotFound(id)
  return { user, at }
}
