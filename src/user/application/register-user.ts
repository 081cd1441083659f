import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Identity } from '../../shared/domain/caller.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { EmailTaken } from '../domain/errors.ts'
import { User, type UserState } from '../domain/user.ts'
import type { UserRepos } from '../domain/user-repository.ts'

interface Person {
  readonly email: string
  readonly name: string | null
  /** Token subject whose own user this is to be. */
  readonly identity?: Identity | undefined
}

export class RegisterUser {
  readonly #unitOfWork: UnitOfWork<UserRepos>
  readonly #mintId: () => UserId

  constructor(unitOfWork: UnitOfWork<UserRepos>, mintId: () => UserId) {
    this.#unitOfWork = unitOfWork
    this.#mintId = mintId
  }

  /** Registers a user. A subject that has its own user already gets that user, unchanged. @throws EmailTaken */
  async execute(person: Person, cause: Cause): Promise<{ readonly user: UserState; readonly isNew: boolean }> {
    const { identity } = person
    return this.#unitOfWork.run(async ({ users }) => {
      const user = User.register({ id: this.#mintId(), ...person }, await users.now(), cause)
      const own = identity && (await users.ofIdentity(identity))
      if (own) return { user: own.state, isNew: false }
      if (await users.add(user)) return { user: user.state, isNew: true }

      const addedMeanwhile = identity && (await users.ofIdentity(identity))
      if (addedMeanwhile) return { user: addedMeanwhile.state, isNew: false }
      throw new EmailTaken()
    })
  }
}
