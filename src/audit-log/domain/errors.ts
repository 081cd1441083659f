import { DomainError } from '../../shared/domain/domain-error.ts'

export class AuditLogEntryNotFound extends DomainError {
  constructor(index: number) {
    super('not_found', 'audit_entry_not_found', `There is no entry ${index} in the audit log.`)
  }
}
