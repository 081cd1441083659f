import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import type { AppParts } from './app.ts'
import { CheckAuditLog, canonicalJson, DrizzleAuditLogQueries } from './audit-log/index.ts'
import { composeEvents, type EventSettings, type EventWork } from './event-composition.ts'
import {
  BatchingSubmitQueue,
  type BeaconChain,
  CheckLedger,
  CheckStoredLotteries,
  CloseDueLotteries,
  CloseLottery,
  ClosingSchedule,
  CreateLottery,
  DrandBeacon,
  DrawLottery,
  DrizzleBallotRepository,
  DrizzleLedgerNodes,
  DrizzleLotteryQueries,
  DrizzleLotteryRepository,
  Entropies,
  type Entropy,
  FindBallot,
  FindEvidence,
  FindLottery,
  FindWinner,
  isBeaconReveal,
  ListBallots,
  type LotteryRepos,
  lotteryMetrics,
  type Participants,
  prepareBallotPartitions,
  QUICKNET,
  ReadLedger,
  SubmitBallots,
  SubmitMetrics,
  uuidBallotIds,
} from './lottery/index.ts'
import type { Clock } from './shared/application/clock.ts'
import type { UserId } from './shared/domain/user-id.ts'
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

export interface ServiceSettings extends EventSettings {
  readonly entropy: Entropy['kind']
  /** The beacon; drand's quicknet unless given. */
  readonly chain?: BeaconChain | undefined
  /** URLs of the beacon's relays. */
  readonly relays: readonly string[]
}

export interface Service extends AppParts, EventWork {
  readonly ballots: AppParts['ballots'] & { readonly submitBallot: BatchingSubmitQueue }
  /** In lists, for whoever has them. */
  readonly submitBallots: SubmitBallots
  readonly closingSchedule: ClosingSchedule
}

/** Every adapter and use case of the service, constructed in order; what happens to its events is composed apart. */
export function compose(pool: Pool, settings: ServiceSettings, log: Logger): Service {
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
  const ledgerNodes = new DrizzleLedgerNodes(db)
  const { beaconAnswers } = lotteryMetrics(metrics, queries)
  const { signer, chain = QUICKNET } = settings
  const entropies = new Entropies(settings.entropy, chain, () => randomBytes(32))
  const beacon = new DrandBeacon(chain, settings.relays, beaconAnswers)
  const submitBallots = new SubmitBallots(participants, lotteryWork, uuidBallotIds, entropies, signer, clock)
  const submitBallot = new BatchingSubmitQueue(submitBallots, new SubmitMetrics(metrics))
  const drawLottery = new DrawLottery(lotteryWork, beacon)
  const closeLottery = new CloseLottery(participants, lotteryWork, entropies, drawLottery)

  return {
    users: {
      registerUser: new RegisterUser(userWork, () => mintUuid() as UserId),
      findUser: new FindUser(userQueries),
      banUser: new BanUser(userWork),
    },
    submitBallots,
    ballots: {
      submitBallot,
      findBallot: new FindBallot(queries),
      listBallots: new ListBallots(queries, participants),
    },
    lotteries: {
      createLottery: new CreateLottery(lotteryWork, entropies),
      closeLottery,
      findLottery: new FindLottery(queries),
      findWinner: new FindWinner(queries),
      queries,
    },
    readLedger: new ReadLedger(queries, ledgerNodes, signer),
    evidence: {
      findEvidence: new FindEvidence(queries, ledgerNodes, signer, chain),
      signer,
      entropyKind: settings.entropy,
      chain,
    },
    ...composeEvents(pool, db, settings, metrics, log),
    checkReadiness: () => queries.counts(),
    metrics,
    closingSchedule: new ClosingSchedule(
      new CloseDueLotteries(queries, closeLottery),
      () => prepareBallotPartitions(db),
      log,
    ),
  }
}

/** What `npm run audit` needs, and no more. */
export function composeChecks(pool: Pool): {
  readonly checkStoredLotteries: CheckStoredLotteries
  readonly checkAuditLog: CheckAuditLog
} {
  const db = pooledDatabase(pool)
  const queries = new DrizzleLotteryQueries(db)
  const checkLedger = new CheckLedger(queries, new DrizzleLedgerNodes(db), QUICKNET, isBeaconReveal(QUICKNET))
  return {
    checkStoredLotteries: new CheckStoredLotteries(queries, checkLedger),
    checkAuditLog: new CheckAuditLog(new DrizzleAuditLogQueries(db), canonicalJson),
  }
}
