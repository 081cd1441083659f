import { Registry } from 'prom-client'
import type { AppParts } from '../../src/app.ts'
import { auditLogMetrics, canonicalJson, ReadAuditLog, SequenceEvents } from '../../src/audit-log/index.ts'
import type { Beacon } from '../../src/lottery/domain/beacon.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { commitmentTo } from '../../src/lottery/domain/entropy.ts'
import {
  BatchingSubmitQueue,
  CloseDueLotteries,
  CloseLottery,
  CreateLottery,
  DrawLottery,
  Entropies,
  type Entropy,
  FindBallot,
  FindEvidence,
  FindLottery,
  FindWinner,
  ListBallots,
  lotteryMetrics,
  type Participants,
  QUICKNET,
  ReadLedger,
  SubmitBallots,
  SubmitMetrics,
  uuidBallotIds,
} from '../../src/lottery/index.ts'
import type { DomainEvent } from '../../src/shared/domain/domain-events.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import { mintUuid } from '../../src/shared/infrastructure/uuid.ts'
import { BanUser, FindUser, RegisterUser, Standings } from '../../src/user/index.ts'
import { CAUSE, SECRET } from './builders.ts'
import { SIGNER, secretDrawing } from './ledger.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryAuditLogStore } from './memory-audit-log.ts'
import { MemoryDatabase } from './memory-database.ts'
import { MemoryLotteries } from './memory-lotteries.ts'
import { MemoryUsers } from './memory-users.ts'

export interface MemoryParts extends AppParts {
  /** The service's clock and the database's at once. */
  readonly clock: ManualClock
  readonly database: MemoryDatabase
  readonly stores: { readonly lotteries: MemoryLotteries; readonly users: MemoryUsers }
  readonly outbox: readonly DomainEvent[]
  readonly participants: Participants
  readonly submitBallots: SubmitBallots
  readonly entropies: Entropies
  readonly closeDueLotteries: CloseDueLotteries
  readonly sequenceEvents: SequenceEvents
  /** Registers somebody; the e-mail address is made up unless given. */
  register(person?: { email?: string; name?: string | null }): Promise<UserId>
  /** Swaps an open lottery's secret and commitment for ones that draw this ordinal, if it is sealed as things stand. */
  letWin(date: CalendarDate, ordinal: number): Promise<void>
}

export interface MemorySettings {
  readonly at?: string | Instant
  /** The secret of every lottery. */
  readonly secret?: Uint8Array
  readonly entropy?: Entropy['kind']
  /** Has no signature unless given. */
  readonly beacon?: Beacon
}

/** All use cases over the in-memory adapters, as composition.ts has them over PostgreSQL: `buildApp(memoryParts())`. */
export function memoryParts(given: MemorySettings = {}): MemoryParts {
  const { secret = SECRET, entropy: entropyKind = 'commit-reveal' } = given
  const { beacon = { signatureOf: async () => undefined } } = given
  const clock = new ManualClock(given.at)
  const database = new MemoryDatabase(clock)
  const users = new MemoryUsers(database)
  const lotteries = new MemoryLotteries(database)
  const audit = new MemoryAuditLogStore(database)
  const metrics = new Registry()
  auditLogMetrics(metrics, audit.queries)

  const standings = new Standings(users.queries, users.unitOfWork)
  const participants: Participants = {
    standings: (userIds) => standings.of(userIds),
    banned: () => standings.banned(),
  }
  const { queries, unitOfWork } = lotteries
  lotteryMetrics(metrics, queries)
  const entropies = new Entropies(entropyKind, QUICKNET, () => secret)
  const submitBallots = new SubmitBallots(participants, unitOfWork, uuidBallotIds, entropies, SIGNER, clock)
  const closeLottery = new CloseLottery(participants, unitOfWork, entropies, new DrawLottery(unitOfWork, beacon))
  const registerUser = new RegisterUser(users.unitOfWork, () => mintUuid() as UserId)

  return {
    users: { registerUser, findUser: new FindUser(users.queries), banUser: new BanUser(users.unitOfWork) },
    ballots: {
      submitBallot: new BatchingSubmitQueue(submitBallots, new SubmitMetrics(metrics)),
      findBallot: new FindBallot(queries),
      listBallots: new ListBallots(queries, participants),
    },
    lotteries: {
      createLottery: new CreateLottery(unitOfWork, entropies),
      closeLottery,
      findLottery: new FindLottery(queries),
      findWinner: new FindWinner(queries),
      queries,
    },
    readLedger: new ReadLedger(queries, lotteries.nodes, SIGNER),
    evidence: {
      findEvidence: new FindEvidence(queries, lotteries.nodes, SIGNER, QUICKNET),
      signer: SIGNER,
      entropyKind,
      chain: QUICKNET,
    },
    readAuditLog: new ReadAuditLog(audit.queries, SIGNER),
    sequenceEvents: new SequenceEvents(audit.unitOfWork, canonicalJson),
    checkReadiness: () => queries.counts(),
    metrics,
    clock,
    database,
    stores: { lotteries, users },
    outbox: database.outbox,
    participants,
    submitBallots,
    entropies,
    closeDueLotteries: new CloseDueLotteries(queries, closeLottery),
    register: async ({ email = `${mintUuid()}@example.org`, name = null } = {}) =>
      (await registerUser.execute({ email, name }, CAUSE)).id,
    letWin: async (date, ordinal) => {
      const { userIds } = await participants.banned()
      await unitOfWork.run(async (repos) => {
        const lottery = (await repos.lotteries.lock([date])).byDate.get(date)?.state
        if (!lottery) throw new Error(`no lottery on ${date}`)
        const excluded = await repos.ballots.ordinalsOf(date, userIds)
        const { hash: previous } = await repos.lotteries.lastSeal()
        const drawing = secretDrawing(ordinal, lottery, { excluded, previous })
        lotteries.secrets.rows.set(date, drawing)
        const entropy = { kind: 'commit-reveal', commitment: commitmentTo(drawing) } as const
        lotteries.lotteries.rows.set(date, { ...lottery, entropy })
      })
    },
  }
}
