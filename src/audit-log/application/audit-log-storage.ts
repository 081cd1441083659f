import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { AuditLogRepos } from '../domain/audit-log-repository.ts'
import type { AuditLogQueries } from './audit-log-queries.ts'
import type { CosignedCheckpoints } from './cosigned-checkpoints.ts'
import type { WitnessLease } from './witness.ts'

/** The ports of this context that a storage technology implements. */
export interface AuditLogStorage {
  readonly unitOfWork: UnitOfWork<AuditLogRepos>
  readonly queries: AuditLogQueries
  readonly cosigned: CosignedCheckpoints
  readonly witnessLease: WitnessLease
}
