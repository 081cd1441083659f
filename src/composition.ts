import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { type AccessSettings, composeAccess } from './access/index.ts'
import { TokenSigner } from './access/infrastructure/token-signer.ts'
import { composeArchive, composeArchiveReads } from './archive/index.ts'
import { type ArchiveStorageSettings, archiveStorage } from './archive/infrastructure/archive-storage.ts'
import { AuditLogArchiveTrail } from './archive/infrastructure/audit-log-archive-trail.ts'
import { LotteryMonthSource } from './archive/infrastructure/lottery-month-source.ts'
import { type AuditLogSurroundings, composeAuditLog, composeAuditLogCheck } from './audit-log/index.ts'
import { DrizzleAuditLogCheckQueries } from './audit-log/infrastructure/drizzle-audit-log-check-queries.ts'
import { drizzleAuditLogStorage } from './audit-log/infrastructure/drizzle-storage.ts'
import { FileKeptCheckpoint } from './audit-log/infrastructure/file-kept-checkpoint.ts'
import { httpWitnesses, type WitnessAddress } from './audit-log/infrastructure/http-witness.ts'
import { composeEvents } from './events/index.ts'
import { DrizzlePublicationQueue } from './events/infrastructure/drizzle-publication-queue.ts'
import type { KafkaSettings } from './events/infrastructure/kafka-event-publisher.ts'
import { PostgresOldEvents } from './events/infrastructure/postgres-old-events.ts'
import { BindLedgerKey } from './ledger/application/bind-ledger-key.ts'
import type { CheckpointSigner } from './ledger/domain/checkpoint.ts'
import { drizzleLedgerKeyWork } from './ledger/infrastructure/drizzle-ledger-key-repository.ts'
import { readStoredLedgerKey } from './ledger/infrastructure/stored-ledger-key.ts'
import { composeLottery, composeLotteryCheck, composeLotteryExport, type LotterySurroundings } from './lottery/index.ts'
import { ArchivedBallots } from './lottery/infrastructure/archived-ballots.ts'
import { AuditLogTrail } from './lottery/infrastructure/audit-log-trail.ts'
import { quicknet } from './lottery/infrastructure/drand-beacon.ts'
import { DrizzleExportQueries } from './lottery/infrastructure/drizzle-export-queries.ts'
import { DrizzleLotteryCheckQueries } from './lottery/infrastructure/drizzle-lottery-check-queries.ts'
import { drizzleLotteryStorage } from './lottery/infrastructure/drizzle-storage.ts'
import type { UserId } from './shared/domain/user-id.ts'
import { registerPoolMetrics } from './shared/infrastructure/pool-metrics.ts'
import { type Postgres, postgresOf } from './shared/infrastructure/postgres.ts'
import type { ServiceSecrets } from './shared/infrastructure/service-secrets.ts'
import { traceUseCases } from './shared/infrastructure/trace-use-cases.ts'
import { composeUser, composeUserCheck } from './user/index.ts'
import { drizzleUserStorage } from './user/infrastructure/drizzle-storage.ts'
import { DrizzleUserCheckQueries } from './user/infrastructure/drizzle-user-check-queries.ts'
import { composeWebhooks, type WebhookSettings } from './webhooks/index.ts'
import { postgresWebhooks } from './webhooks/infrastructure/postgres-webhooks.ts'

/** The storage of each context. */
export interface Storage {
  readonly user: Parameters<typeof composeUser>[0]
  readonly lottery: Parameters<typeof composeLottery>[0]
  readonly auditLog: Parameters<typeof composeAuditLog>[0]
}

/** Everything outside of the contexts, besides storage. */
export interface Surroundings
  extends Omit<LotterySurroundings, 'participants' | 'auditTrail' | 'ballotIdSecret'>,
    AuditLogSurroundings {
  readonly access: AccessSettings
  readonly secrets: ServiceSecrets
  /** Ed25519 seed of the tokens that the service issues itself. Undefined: another issuer is configured. */
  readonly tokenSeed: Uint8Array | undefined
  /** Takes a forgotten user out of the archive. By default, nothing is archived. */
  readonly forgetArchived?: (userId: UserId) => Promise<boolean>
}

export interface ServiceSettings extends AccessSettings, WebhookSettings {
  readonly databaseUrl: string
  readonly signer: CheckpointSigner
  readonly tokenSeed: Uint8Array | undefined
  readonly secrets: ServiceSecrets
  readonly lotteryDaysAhead: number
  readonly entropy: LotterySurroundings['entropy']
  /** URLs of the beacon's relays. */
  readonly drandUrls: readonly string[]
  readonly publicUrl: string
  readonly kafka: KafkaSettings | undefined
  /** Days after which published events are deleted from the outbox. Undefined: never. */
  readonly outboxRetentionDays?: number | undefined
  readonly witnesses?: readonly WitnessAddress[]
  readonly witnessQuorum?: number | undefined
  /** Lasting folder for the newest signed checkpoint of the audit log. Undefined: it is not kept. */
  readonly checkpointFolder?: string | undefined
  /** Undefined: nothing is archived. */
  readonly archive?: ArchiveSettings | undefined
  readonly tracer?: LotterySurroundings['tracer']
  readonly metrics?: Registry | undefined
}

export interface ArchiveSettings extends ArchiveStorageSettings {
  readonly afterMonths: number | undefined
  readonly graceDays: number
  readonly publicUrl: string | undefined
}

/** Constructs the contexts over any storage. */
export function compose(storage: Storage, surroundings: Surroundings) {
  const { secrets, tokenSeed, tracer, log, metrics } = surroundings
  const user = composeUser(storage.user, {
    forgetBallots: (userId: UserId): Promise<boolean> => lottery.forgetBallots.execute(userId),
    forgetArchived: surroundings.forgetArchived ?? (async () => true),
    metrics,
    log,
  })
  const auditLog = composeAuditLog(storage.auditLog, surroundings)
  const lottery = composeLottery(storage.lottery, {
    ...surroundings,
    participants: participantsOf(user),
    auditTrail: new AuditLogTrail(auditLog),
    ballotIdSecret: secrets.ballotIds,
  })
  const access = composeAccess(surroundings.access, {
    tokenSeed,
    pseudonymKey: secrets.pseudonyms,
    ownUserOf: (identity) => user.ownUserIds.of(identity),
    log,
  })
  if (tracer) for (const parts of [user, lottery, auditLog]) traceUseCases(tracer, parts, ['closeDueLotteries'])
  return { user, lottery, auditLog, access, metrics }
}

/** Answers the lottery's questions about its participants. */
export function participantsOf({
  standings,
}: Pick<ReturnType<typeof composeUser>, 'standings'>): LotterySurroundings['participants'] {
  return { standings: (userIds) => standings.of(userIds), banned: () => standings.banned() }
}

/** Constructs the whole service on PostgreSQL. Nothing runs before its parts are started. */
export function composeOnPostgres(pool: Pool, settings: ServiceSettings, log: Logger) {
  const postgres = postgresOf(pool)
  const { signer, publicUrl, kafka, witnesses = [], checkpointFolder, metrics = new Registry() } = settings
  registerPoolMetrics(metrics, pool)
  const archived = archiveStorage(postgres.db, settings.databaseUrl, settings.archive)
  const contexts = compose(postgresStorage(postgres), {
    ...settings,
    access: settings,
    witnesses: httpWitnesses(witnesses, signer),
    ...(checkpointFolder !== undefined && { keptCheckpoint: new FileKeptCheckpoint(checkpointFolder, signer, log) }),
    beacon: quicknet(settings.drandUrls, metrics, log),
    archive: new ArchivedBallots(composeArchiveReads(archived)),
    forgetArchived: (userId) => archive.forgetArchivedBallots.execute(userId),
    daysAhead: settings.lotteryDaysAhead,
    mintSecret: () => randomBytes(32),
    clock: Date,
    metrics,
    log,
  })
  const { lottery, auditLog } = contexts
  const lotteries = composeLotteryExport(new DrizzleExportQueries(postgres.db), signer, lottery)
  const archive = composeArchive(archived, {
    ...(settings.archive ?? { afterMonths: undefined, graceDays: 0, publicUrl: undefined }),
    source: new LotteryMonthSource(lotteries, composeChecks(pool).checkStoredLotteries, auditLog),
    trail: new AuditLogArchiveTrail(auditLog),
    signer,
    metrics,
    log,
  })
  const events = composeEvents(new DrizzlePublicationQueue(postgres.db), {
    ledgerName: signer.name,
    publicUrl,
    kafka,
    oldEvents: new PostgresOldEvents(pool),
    retentionDays: settings.outboxRetentionDays,
    metrics,
    log,
  })
  const webhooks = composeWebhooks(postgresWebhooks(pool), { ...settings, auditLog, events, metrics, log })
  return {
    ...contexts,
    archive,
    events,
    webhooks,
    bindLedgerKey: new BindLedgerKey(drizzleLedgerKeyWork(pool)),
  }
}

/** Constructs the service's own issuer of tokens. */
export function composeTokenSigner(seed: Uint8Array): TokenSigner {
  return new TokenSigner(seed)
}

/** Constructs the checks of `npm run check:stored`. With an archive, kept ballots are compared with the ledgers there. */
export function composeChecks(pool: Pool, settings?: ArchiveSettings) {
  const postgres = postgresOf(pool)
  const { db } = postgres
  const archive = settings && new ArchivedBallots(composeArchiveReads(archiveStorage(db, '', settings)))
  const { lottery, auditLog } = postgresStorage(postgres)
  const users = new DrizzleUserCheckQueries(db)
  const banHistory = { inForce: (page: Parameters<typeof users.bansInForce>[0]) => users.bansInForce(page) }
  return {
    readLedgerKey: () => readStoredLedgerKey(db),
    checkStoredLotteries: composeLotteryCheck(lottery, new DrizzleLotteryCheckQueries(db), banHistory, archive),
    checkUsers: composeUserCheck(users),
    checkAuditLog: composeAuditLogCheck(auditLog, new DrizzleAuditLogCheckQueries(db)),
  }
}

export function postgresStorage(postgres: Postgres): Storage {
  return {
    user: drizzleUserStorage(postgres),
    lottery: drizzleLotteryStorage(postgres),
    auditLog: drizzleAuditLogStorage(postgres),
  }
}
