import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { CheckpointSigner } from '../ledger/domain/checkpoint.ts'
import type { Clock } from '../shared/application/clock.ts'
import type { Tracer } from '../shared/application/tracer.ts'
import { evidenceText } from './api/evidence-text.ts'
import type { AuditTrail } from './application/audit-trail.ts'
import { type BallotArchive, NO_ARCHIVE } from './application/ballot-archive.ts'
import { BallotsOverArchive } from './application/ballots-over-archive.ts'
import { CheckDraw } from './application/check-draw.ts'
import { CheckExclusions } from './application/check-exclusions.ts'
import { CheckKeptBallots } from './application/check-kept-ballots.ts'
import { CheckLedger } from './application/check-ledger.ts'
import { CheckStoredLotteries } from './application/check-stored-lotteries.ts'
import { CloseDueLotteries } from './application/close-due-lotteries.ts'
import { CloseLottery } from './application/close-lottery.ts'
import { CreateLottery } from './application/create-lottery.ts'
import { DrawLottery } from './application/draw-lottery.ts'
import { Entropies } from './application/entropies.ts'
import { ExportLotteries } from './application/export-lotteries.ts'
import type { ExportQueries } from './application/export-queries.ts'
import { FindBallot } from './application/find-ballot.ts'
import { FindEvidence } from './application/find-evidence.ts'
import { FindFate } from './application/find-fate.ts'
import { FindKeys } from './application/find-keys.ts'
import { FindLottery } from './application/find-lottery.ts'
import { FindOtherEntropy } from './application/find-other-entropy.ts'
import { FindReceipt } from './application/find-receipt.ts'
import { FindWinner } from './application/find-winner.ts'
import { ForgetBallots } from './application/forget-ballots.ts'
import { KeepEvidence } from './application/keep-evidence.ts'
import { ListBallots } from './application/list-ballots.ts'
import { ListLotteries } from './application/list-lotteries.ts'
import type { BanHistory, LotteryCheckQueries } from './application/lottery-check-queries.ts'
import type { LotteryStorage } from './application/lottery-storage.ts'
import { NodesOverArchive } from './application/nodes-over-archive.ts'
import { ReadLedger } from './application/read-ledger.ts'
import { RepeatedSubmits } from './application/repeated-submits.ts'
import { SealLottery } from './application/seal-lottery.ts'
import { SubmitBallots } from './application/submit-ballots.ts'
import { SubmitBatch } from './application/submit-batch.ts'
import { WinningBallots } from './application/winning-ballots.ts'
import type { Beacon } from './domain/beacon.ts'
import type { CalendarDate } from './domain/calendar-date.ts'
import { type Entropy, QUICKNET } from './domain/entropy.ts'
import type { Participants } from './domain/participants.ts'
import { BatchingSubmitQueue } from './infrastructure/batching-submit-queue.ts'
import { ClosingSchedule } from './infrastructure/closing-schedule.ts'
import { isBeaconReveal } from './infrastructure/drand-beacon.ts'
import { registerLotteryMetrics } from './infrastructure/lottery-metrics.ts'
import { registerSubmitMetrics } from './infrastructure/submit-metrics.ts'
import { TracedBatches } from './infrastructure/traced-batches.ts'
import { uuidBallotIds } from './infrastructure/uuid-ballot-ids.ts'

/** Everything outside of the lottery context that its use cases need, besides storage. */
export interface LotterySurroundings {
  readonly participants: Participants
  readonly auditTrail: AuditTrail
  readonly signer: CheckpointSigner
  /** Kind of randomness of lotteries created from now on. */
  readonly entropy: Entropy['kind']
  readonly beacon: Beacon
  /** Holds the ballots that have left the database. By default, none have. */
  readonly archive?: BallotArchive
  /** Returns 32 bytes from a cryptographic source. */
  readonly mintSecret: () => Uint8Array
  readonly clock: Clock
  /** Secret of the ids that follow from idempotency keys. */
  readonly ballotIdSecret: Uint8Array
  /** Days ahead of today that a lottery can be created for. */
  readonly daysAhead: number
  readonly metrics: Registry
  /** Undefined: batches are not recorded. */
  readonly tracer?: Tracer | undefined
  readonly log: Logger
}

/** Constructs the use cases of the lottery context, and the schedule that closes lotteries. */
export function composeLottery(storage: LotteryStorage, surroundings: LotterySurroundings) {
  const { unitOfWork, queries, ledgerNodes, keptBallots } = storage
  const { participants, auditTrail, signer, beacon, mintSecret, clock, daysAhead, metrics, log } = surroundings
  const { archive = NO_ARCHIVE, tracer } = surroundings
  const ids = uuidBallotIds(surroundings.ballotIdSecret)
  registerLotteryMetrics(metrics, queries)
  const entropies = new Entropies(surroundings.entropy, beacon.chain, mintSecret)
  const submitBallots = new SubmitBallots(participants, unitOfWork, ids, entropies, signer, clock, daysAhead)
  const sealLottery = new SealLottery(participants, unitOfWork, entropies)
  const drawLottery = new DrawLottery(unitOfWork, beacon, auditTrail)
  const closeDueLotteries = new CloseDueLotteries(queries, sealLottery, drawLottery, auditTrail)
  const ballots = new BallotsOverArchive(queries, archive, clock)
  const nodes = new NodesOverArchive(ledgerNodes, queries, archive)
  const winners = new WinningBallots(queries, ledgerNodes, keptBallots)

  const batches = tracer && new TracedBatches(tracer, submitBallots)
  const batchingQueue = new BatchingSubmitQueue(batches ?? submitBallots, registerSubmitMetrics(metrics))
  const queue = batches?.callersOf(batchingQueue) ?? batchingQueue
  const submitQueue = new RepeatedSubmits(queue, ids, queries, archive, signer)

  return {
    submitBallots,
    submitQueue,
    submitBatch: new SubmitBatch(submitQueue),
    batchingQueue,
    findBallot: new FindBallot(queries, ballots),
    findFate: new FindFate(queries, ballots),
    findReceipt: new FindReceipt(queries, ballots, signer),
    listBallots: new ListBallots(queries, ballots, participants),
    createLottery: new CreateLottery(unitOfWork, entropies, daysAhead),
    sealLottery,
    closeLottery: new CloseLottery(sealLottery, drawLottery, auditTrail),
    closeDueLotteries,
    findLottery: new FindLottery(queries),
    findOtherEntropy: new FindOtherEntropy(queries, surroundings.entropy),
    listLotteries: new ListLotteries(queries),
    findWinner: new FindWinner(queries, winners),
    readLedger: new ReadLedger(queries, ballots, nodes, signer),
    findEvidence: new FindEvidence(queries, winners, signer, beacon.chain, auditTrail),
    forgetBallots: new ForgetBallots(storage.ballotsOfUser),
    keepEvidence: new KeepEvidence(queries, nodes, keptBallots),
    findKeys: new FindKeys(signer, surroundings.entropy, beacon.chain),
    closingSchedule: new ClosingSchedule(closeDueLotteries, () => storage.prepareMonths(daysAhead), log),
    checkReadiness: async () => {
      await storage.tryWrite()
      return queries.counts()
    },
  }
}

/** Constructs what hands closed lotteries over to the archive. */
export function composeLotteryExport(
  queries: ExportQueries,
  signer: CheckpointSigner,
  { keepEvidence, findEvidence }: Pick<ReturnType<typeof composeLottery>, 'keepEvidence' | 'findEvidence'>,
) {
  return {
    exportLotteries: new ExportLotteries(queries, signer),
    keepEvidence,
    /** The evidence of a closed lottery, in pieces. @throws Error while it can still change */
    async *evidenceText(date: CalendarDate): AsyncGenerator<string> {
      const evidence = await findEvidence.execute(date)
      if (!evidence.trail.isFinal) throw new Error(`the evidence of ${date} is not cosigned yet`)
      yield* evidenceText(evidence)
    },
  }
}

/** Constructs the check of all stored lotteries. With an archive, it compares kept ballots with the ledgers there. */
export function composeLotteryCheck(
  storage: LotteryStorage,
  queries: LotteryCheckQueries,
  banHistory: BanHistory,
  archive = NO_ARCHIVE,
): CheckStoredLotteries {
  const { ledgerNodes, keptBallots } = storage
  return new CheckStoredLotteries(queries, new NodesOverArchive(ledgerNodes, storage.queries, archive), {
    ledger: new CheckLedger(queries, ledgerNodes),
    exclusions: new CheckExclusions(queries, banHistory),
    keptBallots: new CheckKeptBallots(keptBallots),
    draw: new CheckDraw(QUICKNET, isBeaconReveal(QUICKNET)),
  })
}
