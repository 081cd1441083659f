import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { AuditLogRepos } from '../domain/audit-log-repository.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'

/** The ports of this context that a storage technology implements. */
export interface AuditLogStorage {
  readonly unitOfWork: UnitOfWork<AuditLogRepos>
  readonly queries: AuditLogQueries
}
