import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Canonical } from '../domain/audit-log.ts'
import type { AuditLogRepos } from '../domain/audit-log-repository.ts'

/** Maximum number of events that one unit of work appends; far below the parameter limit of a statement. */
const BATCH = 500

/** Appends recorded events to the audit log. Any number of replicas may try at the same time; one of them appends. */
export class SequenceEvents {
  readonly #unitOfWork: UnitOfWork<AuditLogRepos>
  readonly #canonical: Canonical

  constructor(unitOfWork: UnitOfWork<AuditLogRepos>, canonical: Canonical) {
    this.#unitOfWork = unitOfWork
    this.#canonical = canonical
  }

  /** Appends one batch. Returns whether more events may wait. */
  async execute(): Promise<boolean> {
    return this.#unitOfWork.run(async ({ auditLog }) => {
      const log = await auditLog.tryLock()
      if (!log) return false
      const events = await auditLog.waiting(BATCH)
      for (const event of events) log.append(event, this.#canonical)
      if (events.length > 0) await auditLog.save(log)
      return events.length === BATCH
    })
  }
}
