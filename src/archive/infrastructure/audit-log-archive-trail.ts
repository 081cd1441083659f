import { eventually } from '../../shared/infrastructure/eventually.ts'
import type { ArchiveTrail } from '../application/month-source.ts'

/** Longest wait for an event to be fixed, in milliseconds. */
const FIXED_WITHIN_MS = 5_000

/** What the audit log's context offers. */
interface AuditLog {
  readonly proveEvents: {
    locate(aggregate: string): Promise<readonly { readonly index: number }[]>
    witnessed(index: number): Promise<object | null>
    isFixed(index: number): Promise<boolean>
    readonly hasWitnesses: boolean
  }
  sequenceNow(): Promise<void>
}

export class AuditLogArchiveTrail implements ArchiveTrail {
  readonly #auditLog: AuditLog

  constructor(auditLog: AuditLog) {
    this.#auditLog = auditLog
  }

  async isFixed(aggregate: string): Promise<boolean> {
    const { proveEvents } = this.#auditLog
    return eventually(async () => {
      await this.#auditLog.sequenceNow()
      const last = (await proveEvents.locate(aggregate)).at(-1)
      if (!last || !(await proveEvents.isFixed(last.index))) return false
      return !proveEvents.hasWitnesses || (await proveEvents.witnessed(last.index)) !== null
    }, FIXED_WITHIN_MS)
  }
}
