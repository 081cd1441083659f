import type { Hash } from '../../ledger/domain/sha256.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'

/** An event in its place in the audit log, with the proof that it is in the log of a checkpoint. */
export interface ProvedEvent {
  readonly index: number
  readonly event: object
  readonly proof: readonly Hash[]
}

/** The three events of a closed lottery in the audit log. */
export interface LotteryTrail {
  /** Signed note over the log up to the closed event. */
  readonly checkpoint: string
  readonly created: ProvedEvent
  readonly sealed: ProvedEvent
  readonly closed: ProvedEvent
  /** The earliest cosigned checkpoint that covers the sealed event, with the event's proof in it; null when there is none. */
  readonly witnessed: { readonly checkpoint: string; readonly proof: readonly Hash[] } | null
  /** True when the trail will never change: it is witnessed, or no witnesses are configured. */
  readonly isFinal: boolean
}

/** Port of the lottery to the audit log. */
export interface AuditTrail {
  /** Appends the events that wait, unless another replica does. Never rejects: they are appended later at the latest. */
  append(): Promise<void>
  /**
   * Reports whether a lottery's sealed event is in the audit log and, where a quorum of witnesses is configured, cosigned by
   * it.
   */
  isSealFixed(date: CalendarDate): Promise<boolean>
  /** Waits until the seals of these lotteries are fixed, for some seconds at most. */
  untilSealsAreFixed(dates: readonly CalendarDate[]): Promise<void>
  /** The lottery's events with their proofs; undefined until its closed event is in the log. */
  ofLottery(date: CalendarDate): Promise<LotteryTrail | undefined>
}
