import type { Hash } from '../../ledger/domain/sha256.ts'
import { eventually } from '../../shared/infrastructure/eventually.ts'
import type { AuditTrail, LotteryTrail } from '../application/audit-trail.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'

/** Longest wait for sealed events to be fixed in the audit log, in milliseconds. */
const FIXED_WITHIN_MS = 3_000

interface LocatedEvent {
  readonly index: number
  readonly event: { readonly type: string }
}

/** What the audit log's context offers. */
interface AuditLog {
  readonly proveEvents: {
    locate(aggregate: string): Promise<readonly LocatedEvent[]>
    prove(indexes: readonly number[], size: number): Promise<{ checkpoint: string; proofs: readonly Hash[][] }>
    witnessed(index: number): Promise<LotteryTrail['witnessed']>
    isFixed(index: number): Promise<boolean>
    readonly hasWitnesses: boolean
  }
  sequenceNow(): Promise<void>
}

/** Answers the lottery's questions about its events from the service's audit log. */
export class AuditLogTrail implements AuditTrail {
  readonly #auditLog: AuditLog

  constructor(auditLog: AuditLog) {
    this.#auditLog = auditLog
  }

  async append(): Promise<void> {
    await this.#auditLog.sequenceNow().catch(() => {}) // the sequencer tries again, and logs the error
  }

  async isSealFixed(date: CalendarDate): Promise<boolean> {
    const { sealed } = await this.#eventsOf(date)
    return sealed !== undefined && this.#auditLog.proveEvents.isFixed(sealed.index)
  }

  async untilSealsAreFixed(dates: readonly CalendarDate[]): Promise<void> {
    const missing = [...dates]
    await eventually(async () => {
      await this.append()
      for (let last = missing.at(-1); last && (await this.isSealFixed(last)); last = missing.at(-1)) missing.pop()
      return missing.length === 0
    }, FIXED_WITHIN_MS)
  }

  async ofLottery(date: CalendarDate): Promise<LotteryTrail | undefined> {
    const { created, sealed, closed } = await this.#eventsOf(date)
    if (!created || !sealed || !closed) return undefined
    const { proveEvents } = this.#auditLog
    const indexes = [created.index, sealed.index, closed.index]
    const { checkpoint, proofs } = await proveEvents.prove(indexes, closed.index + 1)
    const [ofCreated = [], ofSealed = [], ofClosed = []] = proofs
    const witnessed = await proveEvents.witnessed(sealed.index)
    return {
      checkpoint,
      created: { ...created, proof: ofCreated },
      sealed: { ...sealed, proof: ofSealed },
      closed: { ...closed, proof: ofClosed },
      witnessed,
      isFinal: witnessed !== null || !proveEvents.hasWitnesses,
    }
  }

  async #eventsOf(date: CalendarDate): Promise<Partial<Record<'created' | 'sealed' | 'closed', LocatedEvent>>> {
    const located = await this.#auditLog.proveEvents.locate(`lottery/${date}`)
    return Object.fromEntries(located.map((entry) => [entry.event.type.split('.')[1], entry]))
  }
}
