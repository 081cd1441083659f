import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { type LastSeal, NO_SEAL, type SealRecord } from '../domain/lottery-state.ts'

export interface ChainedSeal extends Pick<SealRecord, 'number' | 'previous' | 'hash'> {
  readonly date: CalendarDate
  /** Place of the sealed event in the audit log; null until the event is appended there. */
  readonly auditIndex: number | null
}

/**
 * Checks that the seals of all lotteries form one chain, in the order of their events in the audit log. Returns a sentence
 * for every gap and every wrong link. `seals` are sorted by their numbers.
 */
export function checkSealChain(seals: readonly ChainedSeal[]): string[] {
  let last: LastSeal = NO_SEAL
  let lastIndex = -1
  const findings: string[] = []
  for (const { date, number, previous, hash, auditIndex } of seals) {
    if (number !== last.number + 1) findings.push(`seal ${last.number + 1} is missing before the seal of ${date}`)
    if (!sameBytes(previous, last.hash)) findings.push(`the seal of ${date} does not follow the seal before it`)
    if ((auditIndex ?? Number.POSITIVE_INFINITY) < lastIndex)
      findings.push(`the sealed event of ${date} stands before that of the seal before it in the audit log`)
    last = { number, hash }
    lastIndex = auditIndex ?? Number.POSITIVE_INFINITY
  }
  return findings
}
