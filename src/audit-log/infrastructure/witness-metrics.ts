import { Counter, type Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { AuditLogQueries } from '../application/audit-log-queries.ts'
import type { WitnessReport } from '../application/collect-cosignatures.ts'
import type { CosignedCheckpoints } from '../application/cosigned-checkpoints.ts'

/** Registers the metrics of witnesses. Returns the function that counts their results. */
export function registerWitnessMetrics(
  registry: Registry,
  queries: AuditLogQueries,
  cosigned: CosignedCheckpoints,
): (report: WitnessReport) => void {
  readGauge(
    registry,
    {
      name: 'lottery_audit_log_not_cosigned',
      help: 'Entries of the audit log after the newest cosigned checkpoint',
    },
    async () => {
      const newest = await cosigned.newest()
      return (await queries.tree()).size - (newest?.size ?? 0)
    },
  )
  readGauge(
    registry,
    {
      name: 'lottery_audit_log_cosigned_timestamp_seconds',
      help: 'Time when the newest cosigned checkpoint was stored, in seconds since 1970; 0 before the first',
    },
    async () => ((await cosigned.newest())?.storedAt.getTime() ?? 0) / 1000,
  )
  const answers = new Counter({
    name: 'lottery_witness_answers_total',
    help: 'Answers of witnesses by name and result',
    labelNames: ['witness', 'result'],
    registers: [registry],
  })
  return ({ witness, result }) => answers.inc({ witness, result })
}
