import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { CheckpointSigner } from '../ledger/domain/checkpoint.ts'
import { BackgroundLoop } from '../shared/infrastructure/background-loop.ts'
import type { AuditLogStorage } from './application/audit-log-storage.ts'
import { CheckAuditLog } from './application/check-audit-log.ts'
import { ReadAuditLog } from './application/read-audit-log.ts'
import { SequenceEvents } from './application/sequence-events.ts'
import { registerAuditLogMetrics } from './infrastructure/audit-log-metrics.ts'
import { canonicalJson } from './infrastructure/canonical-json.ts'

/** Milliseconds from a turn that left no event to append to the next turn. */
const PAUSE_MS = 500

interface AuditLogSurroundings {
  readonly signer: CheckpointSigner
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the use cases of the audit log, and the loop that appends events to it. */
export function composeAuditLog(
  { unitOfWork, queries }: AuditLogStorage,
  { signer, metrics, log }: AuditLogSurroundings,
) {
  registerAuditLogMetrics(metrics, queries)
  const sequenceEvents = new SequenceEvents(unitOfWork, canonicalJson)
  return {
    sequenceEvents,
    readAuditLog: new ReadAuditLog(queries, signer),
    sequencer: new BackgroundLoop({
      name: 'audit log sequencer',
      turn: () => sequenceEvents.execute(),
      pauseMs: PAUSE_MS,
      log,
    }),
  }
}

/** Constructs the check of the stored audit log. */
export function composeAuditLogCheck({ queries }: AuditLogStorage): CheckAuditLog {
  return new CheckAuditLog(queries, canonicalJson)
}
