import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import { EmailTaken } from '../domain/errors.ts'
import { User, type UserState } from '../domain/user.ts'
import type { UserRepos } from '../domain/user-repository.ts'

export class RegisterUser {
  readonly #unitOfWork: UnitOfWork<UserRepos>
  readonly #mintId: () => UserId

  constructor(unitOfWork: UnitOfWork<UserRepos>, mintId: () => UserId) {
    this.#unitOfWork = unitOfWork
    this.#mintId = mintId
  }

  /** @throws EmailTaken */
  async execute(person: { email: string; name: string | null }, cause: Cause): Promise<UserState> {
    return this.#unitOfWork.run(async ({ users }) => {
      const user = User.register({ id: this.#mintId(), ...person }, await users.now(), cause)
      if (!(await users.add(user))) throw new EmailTaken()
      return user.state
    })
  }
}
