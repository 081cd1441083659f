import type { Postgres } from '../../shared/infrastructure/postgres.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import type { AuditLogStorage } from '../application/audit-log-storage.ts'
import { DrizzleAuditLogQueries } from './drizzle-audit-log-queries.ts'
import { DrizzleAuditLogRepository } from './drizzle-audit-log-repository.ts'
import { DrizzleCosignedCheckpoints } from './drizzle-cosigned-checkpoints.ts'
import { DrizzleWitnessLease } from './drizzle-witness-lease.ts'

export function drizzleAuditLogStorage({ pool, db }: Postgres): AuditLogStorage {
  return {
    unitOfWork: new PostgresUnitOfWork(pool, (tx) => ({ auditLog: new DrizzleAuditLogRepository(tx) })),
    queries: new DrizzleAuditLogQueries(db),
    cosigned: new DrizzleCosignedCheckpoints(db),
    witnessLease: new DrizzleWitnessLease(db),
  }
}
