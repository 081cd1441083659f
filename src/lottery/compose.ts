import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { CheckpointSigner } from '../ledger/domain/checkpoint.ts'
import type { Clock } from '../shared/application/clock.ts'
import type { AuditTrail } from './application/audit-trail.ts'
import { CheckDraw } from './application/check-draw.ts'
import { CheckExclusions } from './application/check-exclusions.ts'
import { CheckLedger } from './application/check-ledger.ts'
import { CheckStoredLotteries } from './application/check-stored-lotteries.ts'
import { CloseDueLotteries } from './application/close-due-lotteries.ts'
import { CloseLottery } from './application/close-lottery.ts'
import { CreateLottery } from './application/create-lottery.ts'
import { DrawLottery } from './application/draw-lottery.ts'
import { Entropies } from './application/entropies.ts'
import { FindBallot } from './application/find-ballot.ts'
import { FindEvidence } from './application/find-evidence.ts'
import { FindKeys } from './application/find-keys.ts'
import { FindLottery } from './application/find-lottery.ts'
import { FindOtherEntropy } from './application/find-other-entropy.ts'
import { FindWinner } from './application/find-winner.ts'
import { ListBallots } from './application/list-ballots.ts'
import { ListLotteries } from './application/list-lotteries.ts'
import type { BanHistory, LotteryCheckQueries } from './application/lottery-check-queries.ts'
import type { LotteryStorage } from './application/lottery-storage.ts'
import { ReadLedger } from './application/read-ledger.ts'
import { SealLottery } from './application/seal-lottery.ts'
import { SubmitBallots } from './application/submit-ballots.ts'
import type { Beacon } from './domain/beacon.ts'
import { type Entropy, QUICKNET } from './domain/entropy.ts'
import type { Participants } from './domain/participants.ts'
import { BatchingSubmitQueue } from './infrastructure/batching-submit-queue.ts'
import { ClosingSchedule } from './infrastructure/closing-schedule.ts'
import { isBeaconReveal } from './infrastructure/drand-beacon.ts'
import { registerLotteryMetrics } from './infrastructure/lottery-metrics.ts'
import { registerSubmitMetrics } from './infrastructure/submit-metrics.ts'
import { uuidBallotIds } from './infrastructure/uuid-ballot-ids.ts'

/** Everything outside of the lottery context that its use cases need, besides storage. */
export interface LotterySurroundings {
  readonly participants: Participants
  readonly auditTrail: AuditTrail
  readonly signer: CheckpointSigner
  /** Kind of randomness of lotteries created from now on. */
  readonly entropy: Entropy['kind']
  readonly beacon: Beacon
  /** Returns 32 bytes from a cryptographic source. */
  readonly mintSecret: () => Uint8Array
  readonly clock: Clock
  /** Secret of the ids that follow from idempotency keys. */
  readonly ballotIdSecret: Uint8Array
  /** Days ahead of today that a lottery can be created for. */
  readonly daysAhead: number
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the use cases of the lottery context, and the schedule that closes lotteries. */
export function composeLottery(storage: LotteryStorage, surroundings: LotterySurroundings) {
  const { unitOfWork, queries, ledgerNodes } = storage
  const { participants, auditTrail, signer, beacon, mintSecret, clock, daysAhead, metrics, log } = surroundings
  const ids = uuidBallotIds(surroundings.ballotIdSecret)
  registerLotteryMetrics(metrics, queries)
  const entropies = new Entropies(surroundings.entropy, beacon.chain, mintSecret)
  const submitBallots = new SubmitBallots(participants, unitOfWork, ids, entropies, signer, clock, daysAhead)
  const sealLottery = new SealLottery(participants, unitOfWork, entropies)
  const drawLottery = new DrawLottery(unitOfWork, beacon, auditTrail)
  const closeDueLotteries = new CloseDueLotteries(queries, sealLottery, drawLottery, auditTrail)

  return {
    submitBallots,
    submitQueue: new BatchingSubmitQueue(submitBallots, registerSubmitMetrics(metrics)),
    findBallot: new FindBallot(queries),
    listBallots: new ListBallots(queries, participants),
    createLottery: new CreateLottery(unitOfWork, entropies, daysAhead),
    sealLottery,
    closeLottery: new CloseLottery(sealLottery, drawLottery, auditTrail),
    closeDueLotteries,
    findLottery: new FindLottery(queries),
    findOtherEntropy: new FindOtherEntropy(queries, surroundings.entropy),
    listLotteries: new ListLotteries(queries),
    findWinner: new FindWinner(queries),
    readLedger: new ReadLedger(queries, ledgerNodes, signer),
    findEvidence: new FindEvidence(queries, ledgerNodes, signer, beacon.chain, auditTrail),
    findKeys: new FindKeys(signer, surroundings.entropy, beacon.chain),
    closingSchedule: new ClosingSchedule(closeDueLotteries, () => storage.prepareMonths(), log),
    checkReadiness: () => queries.counts(),
  }
}

/** Constructs the check of all stored lotteries. */
export function composeLotteryCheck(
  { ledgerNodes }: LotteryStorage,
  queries: LotteryCheckQueries,
  banHistory: BanHistory,
): CheckStoredLotteries {
  return new CheckStoredLotteries(
    queries,
    new CheckLedger(queries, ledgerNodes),
    new CheckDraw(QUICKNET, isBeaconReveal(QUICKNET)),
    new CheckExclusions(queries, banHistory),
  )
}
