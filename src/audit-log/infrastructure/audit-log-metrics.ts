import type { Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { AuditLogQueries } from '../application/audit-log-queries.ts'

export function registerAuditLogMetrics(registry: Registry, queries: AuditLogQueries): void {
  readGauge(
    registry,
    {
      name: 'lottery_audit_log_waiting',
      help: 'Events that are not in the audit log yet. Absent while the database is unavailable.',
    },
    () => queries.waiting(),
  )
}
