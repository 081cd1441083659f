import { Gauge, type Registry } from 'prom-client'
import type { AuditLogQueries } from '../application/audit-log-queries.ts'

export function auditLogMetrics(registry: Registry, queries: AuditLogQueries): void {
  new Gauge({
    name: 'lottery_audit_log_waiting',
    help: 'Events that are not in the audit log yet. Absent while the database is.',
    registers: [registry],
    async collect() {
      const waiting = await queries.waiting().catch(() => undefined)
      if (waiting === undefined) this.remove()
      else this.set(waiting)
    },
  })
}
