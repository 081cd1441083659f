import type { UserId } from '../shared/domain/user-id.ts'
import { mintUuid } from '../shared/infrastructure/uuid.ts'
import { BanUser } from './application/ban-user.ts'
import { CheckUsers } from './application/check-users.ts'
import { FindUser } from './application/find-user.ts'
import { RegisterUser } from './application/register-user.ts'
import { Standings } from './application/standings.ts'
import type { UserCheckQueries } from './application/user-check-queries.ts'
import type { UserStorage } from './application/user-storage.ts'
import { OwnUserIds } from './infrastructure/own-user-ids.ts'

/** Constructs the use cases of the user context. */
export function composeUser({ unitOfWork, queries }: UserStorage) {
  return {
    registerUser: new RegisterUser(unitOfWork, () => mintUuid() as UserId),
    findUser: new FindUser(queries),
    banUser: new BanUser(unitOfWork),
    standings: new Standings(queries, unitOfWork),
    ownUserIds: new OwnUserIds(queries),
  }
}

/** Constructs the check of all stored users. */
export function composeUserCheck(queries: UserCheckQueries): CheckUsers {
  return new CheckUsers(queries)
}
