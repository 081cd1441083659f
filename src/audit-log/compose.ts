import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { CheckpointSigner } from '../ledger/domain/checkpoint.ts'
import { BackgroundLoop } from '../shared/infrastructure/background-loop.ts'
import { AuditCheckpoints } from './application/audit-checkpoints.ts'
import type { AuditLogCheckQueries } from './application/audit-log-check-queries.ts'
import type { AuditLogStorage } from './application/audit-log-storage.ts'
import { CheckAuditLog } from './application/check-audit-log.ts'
import { CollectCosignatures } from './application/collect-cosignatures.ts'
import { KEEPS_NOTHING, type KeptCheckpoint } from './application/kept-checkpoint.ts'
import { ProveEvents } from './application/prove-events.ts'
import { ReadAuditLog } from './application/read-audit-log.ts'
import { RefuseRollback } from './application/refuse-rollback.ts'
import { SequenceEvents } from './application/sequence-events.ts'
import type { Witness } from './application/witness.ts'
import { registerAuditLogMetrics } from './infrastructure/audit-log-metrics.ts'
import { canonicalJson } from './infrastructure/canonical-json.ts'
import { CosigningLoop } from './infrastructure/cosigning-loop.ts'
import { registerWitnessMetrics } from './infrastructure/witness-metrics.ts'

/** Milliseconds from a turn that left no event to append to the next turn. */
const PAUSE_MS = 500

export interface AuditLogSurroundings {
  readonly signer: CheckpointSigner
  /** The outside servers that cosign the audit log. None by default. */
  readonly witnesses?: readonly Witness[]
  /** Number of witnesses that must have cosigned an event before it may be drawn on. Undefined: none. */
  readonly witnessQuorum?: number | undefined
  /** Place of the newest signed checkpoint. By default, it is not kept. */
  readonly keptCheckpoint?: KeptCheckpoint
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the use cases of the audit log, and the loops that append events to it and have it cosigned. */
export function composeAuditLog(storage: AuditLogStorage, surroundings: AuditLogSurroundings) {
  const { unitOfWork, queries, cosigned } = storage
  const { signer, witnesses = [], witnessQuorum, keptCheckpoint = KEEPS_NOTHING, metrics, log } = surroundings
  registerAuditLogMetrics(metrics, queries)
  const checkpoints = new AuditCheckpoints(signer, keptCheckpoint)
  const sequenceEvents = new SequenceEvents(unitOfWork, canonicalJson)
  const sequencer = new BackgroundLoop({
    name: 'audit log sequencer',
    turn: () => sequenceEvents.execute(),
    pauseMs: PAUSE_MS,
    log,
  })
  const collectCosignatures =
    witnesses.length > 0
      ? new CollectCosignatures({ witnesses, required: witnessQuorum ?? 1, queries, checkpoints, cosigned })
      : undefined
  const cosigning =
    collectCosignatures &&
    new CosigningLoop({
      collectCosignatures,
      lease: storage.witnessLease,
      count: registerWitnessMetrics(metrics, queries, cosigned),
      log,
    })
  return {
    sequenceEvents,
    readAuditLog: new ReadAuditLog(queries, checkpoints, cosigned),
    proveEvents: new ProveEvents(queries, checkpoints, {
      cosigned,
      quorum: witnessQuorum,
      hasWitnesses: witnesses.length > 0,
    }),
    /** Number of events in the log. */
    size: async () => (await queries.tree()).size,
    refuseRollback: new RefuseRollback(queries, keptCheckpoint, collectCosignatures),
    sequencer,
    /** Undefined without witnesses. */
    cosigning,
    /**
     * Appends recorded events until none waits, and starts the collection of cosignatures. While another unit of work
     * appends, it returns at once and wakes the sequencer: the caller looks again later.
     */
    async sequenceNow(): Promise<void> {
      while (await sequenceEvents.execute());
      if ((await queries.waiting()) > 0) sequencer.wake()
      cosigning?.wakeFor((await queries.tree()).size)
    },
  }
}

/** Constructs the check of the stored audit log. */
export function composeAuditLogCheck({ queries }: AuditLogStorage, checkQueries: AuditLogCheckQueries): CheckAuditLog {
  return new CheckAuditLog(queries, checkQueries, canonicalJson)
}
