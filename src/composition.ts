import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import type { AppParts } from './app.ts'
import {
  CloseDueLotteries,
  CloseLottery,
  ClosingSchedule,
  CountedSubmitBallots,
  CreateLottery,
  cryptoChance,
  DrizzleBallotRepository,
  DrizzleLotteryQueries,
  DrizzleLotteryRepository,
  FindBallot,
  FindLottery,
  FindWinner,
  ListBallots,
  type LotteryRepos,
  lotteryMetrics,
  type Participants,
  prepareBallotPartitions,
  SubmitBallots,
  uuidBallotIds,
} from './lottery/index.ts'
import type { Clock } from './shared/application/clock.ts'
import type { UserId } from './shared/domain/user-id.ts'
import { readClock } from './shared/infrastructure/database-clock.ts'
import { poolMetrics } from './shared/infrastructure/pool-metrics.ts'
import { pooledDatabase } from './shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from './shared/infrastructure/postgres-unit-of-work.ts'
import { mintUuid } from './shared/infrastructure/uuid.ts'
import {
  BanUser,
  DrizzleUserQueries,
  DrizzleUserRepository,
  FindUser,
  RegisterUser,
  Standings,
  type UserRepos,
} from './user/index.ts'

/** Every adapter and use case of the service, constructed in order; the only file that sees both contexts. */
export function compose(pool: Pool, log: Logger): AppParts & { readonly closingSchedule: ClosingSchedule } {
  const db = pooledDatabase(pool)
  const metrics = new Registry()
  poolMetrics(metrics, pool)

  const userQueries = new DrizzleUserQueries(db)
  const userWork = new PostgresUnitOfWork<UserRepos>(pool, (tx) => ({ users: new DrizzleUserRepository(tx) }))
  const standings = new Standings(userQueries, userWork)
  const participants: Participants = {
    standings: (userIds) => standings.of(userIds),
    banned: () => standings.banned(),
  }

  const clock: Clock = { now: () => Date.now() }
  const queries = new DrizzleLotteryQueries(db)
  const lotteryWork = new PostgresUnitOfWork<LotteryRepos>(pool, (tx) => ({
    lotteries: new DrizzleLotteryRepository(tx),
    ballots: new DrizzleBallotRepository(tx),
  }))
  const { submitOutcomes } = lotteryMetrics(metrics, queries)
  const submitBallots = new SubmitBallots(participants, lotteryWork, uuidBallotIds, clock)
  const closeLottery = new CloseLottery(participants, lotteryWork, cryptoChance)

  return {
    users: {
      registerUser: new RegisterUser(userWork, () => mintUuid() as UserId),
      findUser: new FindUser(userQueries),
      banUser: new BanUser(userWork),
    },
    ballots: {
      submitBallots: new CountedSubmitBallots(submitBallots, submitOutcomes),
      findBallot: new FindBallot(queries),
      listBallots: new ListBallots(queries, participants),
    },
    lotteries: {
      createLottery: new CreateLottery(lotteryWork),
      closeLottery,
      findLottery: new FindLottery(queries),
      findWinner: new FindWinner(queries),
      queries,
    },
    checkReadiness: async () => void (await readClock(db)),
    metrics,
    closingSchedule: new ClosingSchedule(
      new CloseDueLotteries(queries, closeLottery),
      () => prepareBallotPartitions(db),
      log,
    ),
  }
}
