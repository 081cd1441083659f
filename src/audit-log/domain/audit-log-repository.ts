import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { AuditLog } from './audit-log.ts'

export interface AuditLogRepository {
  /** The log, to which this unit of work alone appends until it ends; undefined while another one does. */
  lock(): Promise<AuditLog | undefined>
  /**
   * Events that are in no entry yet, those of an aggregate in their order. They are found by that alone and not by how far
   * somebody has read, since of two transactions the one that began first may be committed last.
   */
  waiting(limit: number): Promise<readonly RecordedEvent[]>
  /** Stores what was appended to the locked log, and on each event its place. */
  save(log: AuditLog): Promise<void>
}

/** What a unit of work of this context works on. */
export interface AuditLogRepos {
  readonly auditLog: AuditLogRepository
}
