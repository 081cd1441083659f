import { ServiceError } from '../../shared/domain/service-error.ts'
import type { Month } from './month.ts'

export { ArchiveUnavailable } from '../../shared/domain/archive-unavailable.ts'

export class ArchiveNotFound extends ServiceError {
  constructor(month: Month) {
    super('not_found', 'archive_not_found', `The lotteries of ${month} are not archived.`)
  }
}

/** The store holds an object of this key with other bytes. An operator must find out who wrote them. */
export class ObjectConflict extends Error {
  constructor(key: string) {
    super(`the store holds ${key} already, with other bytes`)
    this.name = 'ObjectConflict'
  }
}

/** An object that the archive should hold is not there. */
export class ObjectMissing extends Error {
  constructor(key: string) {
    super(`the store does not hold ${key}`)
    this.name = 'ObjectMissing'
  }
}

/** The month cannot be archived yet. */
export class MonthNotReady extends Error {
  readonly reasons: readonly string[]

  constructor(month: Month, reasons: readonly string[]) {
    super(`the month ${month} cannot be archived yet: ${reasons.slice(0, 3).join('; ')}`)
    this.name = 'MonthNotReady'
    this.reasons = reasons
  }
}

/** What is archived, or is to be archived, contradicts the sealed facts. Nothing is removed from the database. */
export class ArchiveBroken extends Error {
  readonly findings: readonly string[]

  constructor(month: Month, findings: readonly string[]) {
    super(`the month ${month} does not verify: ${findings.slice(0, 3).join('; ')}`)
    this.name = 'ArchiveBroken'
    this.findings = findings
  }
}
