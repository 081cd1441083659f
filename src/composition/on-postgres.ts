import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import type { AccessSettings } from '../access/index.ts'
import { TokenSigner } from '../access/infrastructure/token-signer.ts'
import { composeArchive, composeArchiveReads } from '../archive/index.ts'
import { archiveStorage } from '../archive/infrastructure/archive-storage.ts'
import { AuditLogArchiveTrail } from '../archive/infrastructure/audit-log-archive-trail.ts'
import { LotteryMonthSource } from '../archive/infrastructure/lottery-month-source.ts'
import { FileKeptCheckpoint } from '../audit-log/infrastructure/file-kept-checkpoint.ts'
import { httpWitnesses, type WitnessAddress } from '../audit-log/infrastructure/http-witness.ts'
import { composeEvents } from '../events/index.ts'
import { DrizzlePublicationQueue } from '../events/infrastructure/drizzle-publication-queue.ts'
import type { KafkaSettings } from '../events/infrastructure/kafka-event-publisher.ts'
import { PostgresOldEvents } from '../events/infrastructure/postgres-old-events.ts'
import { BindLedgerKey } from '../ledger/application/bind-ledger-key.ts'
import type { CheckpointSigner } from '../ledger/domain/checkpoint.ts'
import { drizzleLedgerKeyWork } from '../ledger/infrastructure/drizzle-ledger-key-repository.ts'
import { composeLotteryExport, type LotterySurroundings } from '../lottery/index.ts'
import { ArchivedBallots } from '../lottery/infrastructure/archived-ballots.ts'
import { quicknet } from '../lottery/infrastructure/drand-beacon.ts'
import { DrizzleExportQueries } from '../lottery/infrastructure/drizzle-export-queries.ts'
import { registerPoolMetrics } from '../shared/infrastructure/pool-metrics.ts'
import { postgresOf } from '../shared/infrastructure/postgres.ts'
import type { ServiceSecrets } from '../shared/infrastructure/service-secrets.ts'
import { composeWebhooks, type WebhookSettings } from '../webhooks/index.ts'
import { postgresWebhooks } from '../webhooks/infrastructure/postgres-webhooks.ts'
import { composeChecks } from './checks.ts'
import { compose } from './contexts.ts'
import { type ArchiveSettings, postgresStorage } from './storage.ts'

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
