import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { UserId } from '../shared/domain/user-id.ts'
import { BackgroundLoop } from '../shared/infrastructure/background-loop.ts'
import { readGauge } from '../shared/infrastructure/read-gauge.ts'
import { mintUuid } from '../shared/infrastructure/uuid.ts'
import { BanUser } from './application/ban-user.ts'
import { CheckUsers } from './application/check-users.ts'
import { FindUser } from './application/find-user.ts'
import { ForgetUser } from './application/forget-user.ts'
import { type ForgetBallots, LeaveBallots } from './application/leave-ballots.ts'
import { RegisterUser } from './application/register-user.ts'
import { Standings } from './application/standings.ts'
import type { UserCheckQueries } from './application/user-check-queries.ts'
import type { UserStorage } from './application/user-storage.ts'
import { OwnUserIds } from './infrastructure/own-user-ids.ts'

/** Milliseconds from the end of a round over the users whom ballots may still name to the next round. */
const PAUSE_MS = 60_000

/** Everything outside of the user context that its use cases need, besides storage. */
export interface UserSurroundings {
  /** Takes a user out of the ballots of closed lotteries in the database. */
  readonly forgetBallots: ForgetBallots
  /** Takes a user out of the ballots in the archive. */
  readonly forgetArchived: ForgetBallots
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the use cases of the user context, and the loop that takes forgotten users out of the ballots. */
export function composeUser(storage: UserStorage, surroundings: UserSurroundings) {
  const { unitOfWork, queries, usersToForget } = storage
  const { forgetBallots, forgetArchived, metrics, log } = surroundings
  readGauge(
    metrics,
    {
      name: 'lottery_users_to_forget',
      help: 'Forgotten users whom ballots may still name. Absent while the database is unavailable.',
    },
    () => usersToForget.count(),
  )
  const ownUserIds = new OwnUserIds(queries)
  const leaveBallots = new LeaveBallots(usersToForget, forgetBallots, forgetArchived)
  const leavingBallots = new BackgroundLoop({
    name: 'forgetting of users in ballots',
    turn: () => leaveBallots.execute(),
    pauseMs: PAUSE_MS,
    log,
  })
  const onForgotten = (id: UserId) => {
    ownUserIds.forget(id)
    leavingBallots.wake()
  }
  return {
    registerUser: new RegisterUser(unitOfWork, () => mintUuid() as UserId),
    findUser: new FindUser(queries),
    banUser: new BanUser(unitOfWork),
    forgetUser: new ForgetUser(unitOfWork, mintUuid, onForgotten),
    leaveBallots,
    leavingBallots,
    standings: new Standings(queries, unitOfWork),
    ownUserIds,
  }
}

/** Constructs the check of all stored users. */
export function composeUserCheck(queries: UserCheckQueries): CheckUsers {
  return new CheckUsers(queries)
}
