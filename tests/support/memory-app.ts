import { Registry } from 'prom-client'
import type { AppParts } from '../../src/app.ts'
import {
  CloseDueLotteries,
  CloseLottery,
  CountedSubmitBallots,
  CreateLottery,
  FindBallot,
  FindLottery,
  FindWinner,
  ListBallots,
  lotteryMetrics,
  type Participants,
  SubmitBallots,
  uuidBallotIds,
} from '../../src/lottery/index.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { BanUser, FindUser, RegisterUser, Standings } from '../../src/user/index.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryDatabase } from './memory-database.ts'
import { MemoryLotteries } from './memory-lotteries.ts'
import { MemoryUsers } from './memory-users.ts'
import { ScriptedChance } from './scripted-chance.ts'

export interface MemoryParts extends AppParts {
  /** The service's clock and the database's at once. */
  readonly clock: ManualClock
  readonly chance: ScriptedChance
  readonly database: MemoryDatabase
  readonly stores: { readonly lotteries: MemoryLotteries; readonly users: MemoryUsers }
  readonly outbox: readonly DomainEvent[]
  readonly participants: Participants
  readonly submitBallots: SubmitBallots
  readonly closeDueLotteries: CloseDueLotteries
  /** Registers somebody; the e-mail address is made up unless given. */
  register(person?: { email?: string; name?: string | null }): Promise<UserId>
}

/** All use cases over the in-memory adapters, as composition.ts has them over PostgreSQL: `buildApp(memoryParts())`. */
export function memoryParts(given: { at?: string | Instant; chance?: ScriptedChance } = {}): MemoryParts {
  const { chance = new ScriptedChance() } = given
  const clock = new ManualClock(given.at)
  const database = new MemoryDatabase(clock)
  const users = new MemoryUsers(database)
  const lotteries = new MemoryLotteries(database)
  const metrics = new Registry()

  const standings = new Standings(users.queries, users.unitOfWork)
  const participants: Participants = {
    standings: (userIds) => standings.of(userIds),
    banned: () => standings.banned(),
  }
  const { queries, unitOfWork } = lotteries
  const { submitOutcomes } = lotteryMetrics(metrics, queries)
  const submitBallots = new SubmitBallots(participants, unitOfWork, uuidBallotIds, clock)
  const closeLottery = new CloseLottery(participants, unitOfWork, chance)
  const registerUser = new RegisterUser(users.unitOfWork, () => mintUuid() as UserId)

  return {
    users: { registerUser, findUser: new FindUser(users.queries), banUser: new BanUser(users.unitOfWork) },
    ballots: {
      submitBallots: new CountedSubmitBallots(submitBallots, submitOutcomes),
      findBallot: new FindBallot(queries),
      listBallots: new ListBallots(queries, participants),
    },
    lotteries: {
      createLottery: new CreateLottery(unitOfWork),
      closeLottery,
      findLottery: new FindLottery(queries),
      findWinner: new FindWinner(queries),
      queries,
    },
    checkReadiness: () => database.reach(),
    metrics,
    clock,
    chance,
    database,
    stores: { lotteries, users },
    outbox: database.outbox,
    participants,
    submitBallots,
    closeDueLotteries: new CloseDueLotteries(queries, closeLottery),
    register: async ({ email = `${mintUuid()}@example.org`, name = null } = {}) =>
      (await registerUser.execute({ email, name })).id,
  }
}
