import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import {
  type AuditLogRepos,
  auditLogMetrics,
  canonicalJson,
  DrizzleAuditLogQueries,
  DrizzleAuditLogRepository,
  ReadAuditLog,
  SequenceEvents,
} from './audit-log/index.ts'
import {
  DrizzlePublicationQueue,
  KafkaEventPublisher,
  type KafkaSettings,
  LogEventPublisher,
  PublishEvents,
  Relay,
  RelayMetrics,
  SCHEMAS_PATH,
} from './events/index.ts'
import type { CheckpointSigner } from './ledger/domain/checkpoint.ts'
import { BackgroundLoop } from './shared/infrastructure/background-loop.ts'
import type { Database } from './shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from './shared/infrastructure/postgres-unit-of-work.ts'

export interface EventSettings {
  readonly signer: CheckpointSigner
  /** Where clients reach the service; events name it. */
  readonly publicUrl: string
  /** Where events are published; the log unless given. */
  readonly kafka?: KafkaSettings | undefined
}

/** Something that runs beside the requests, once started. */
interface BackgroundWork {
  start(): void
  stop(): Promise<void>
}

export interface EventWork {
  readonly readAuditLog: ReadAuditLog
  readonly sequenceEvents: SequenceEvents
  readonly publishEvents: PublishEvents
  /** In the order in which it is started. */
  readonly background: readonly BackgroundWork[]
}

/** Milliseconds between two looks for events that wait. */
const PAUSE_MS = 500

/** What becomes of recorded events: their place in the audit log, and their way to others. */
export function composeEvents(
  pool: Pool,
  db: Database,
  { signer, publicUrl, kafka }: EventSettings,
  metrics: Registry,
  log: Logger,
): EventWork {
  const auditLogQueries = new DrizzleAuditLogQueries(db)
  auditLogMetrics(metrics, auditLogQueries)
  const auditLogWork = new PostgresUnitOfWork<AuditLogRepos>(pool, (tx) => ({
    auditLog: new DrizzleAuditLogRepository(tx),
  }))
  const sequenceEvents = new SequenceEvents(auditLogWork, canonicalJson)
  const sequencer = new BackgroundLoop({
    ...{ name: 'audit log', pauseMs: PAUSE_MS, log },
    turn: () => sequenceEvents.execute(),
  })

  const source = { source: `//${signer.name}`, schemas: publicUrl + SCHEMAS_PATH }
  const publisher = kafka ? new KafkaEventPublisher(kafka, source) : new LogEventPublisher(log, source)
  const queue = new DrizzlePublicationQueue(db)
  const publishEvents = new PublishEvents(queue, publisher, Math.random)
  const relay = new Relay({
    ...{ publishEvents, queue, publisher, pauseMs: PAUSE_MS, log },
    metrics: new RelayMetrics(metrics, queue),
  })

  return {
    readAuditLog: new ReadAuditLog(auditLogQueries, signer),
    sequenceEvents,
    publishEvents,
    background: [sequencer, relay],
  }
}
