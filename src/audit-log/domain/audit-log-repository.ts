import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { AuditLog } from './audit-log.ts'

export interface AuditLogRepository {
  /**
   * Locks the log until the unit of work ends, and returns it. Returns undefined at once while another unit of work holds
   * the lock.
   */
  tryLock(): Promise<AuditLog | undefined>
  /**
   * Recorded events that the log does not hold yet, those of an aggregate in their order. A cursor would miss some: of two
   * transactions, the one that began first may be committed last.
   */
  waiting(limit: number): Promise<readonly RecordedEvent[]>
  /** Stores the appended entries of the locked log, and marks each event with its index. */
  save(log: AuditLog): Promise<void>
}

/** The repositories of this context's unit of work. */
export interface AuditLogRepos {
  readonly auditLog: AuditLogRepository
}
