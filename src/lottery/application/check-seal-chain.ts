import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { type LastSeal, NO_SEAL, type SealRecord } from '../domain/lottery-state.ts'

export interface ChainedSeal extends Pick<SealRecord, 'number' | 'previous' | 'hash'> {
  readonly date: CalendarDate
}

/** Checks that the seals of all lotteries form one chain. Returns a sentence for every gap and every wrong link. */
export function checkSealChain(seals: readonly ChainedSeal[]): string[] {
  let last: LastSeal = NO_SEAL
  const findings: string[] = []
  for (const seal of seals.toSorted((a, b) => a.number - b.number)) {
    if (seal.number !== last.number + 1)
      findings.push(`seal ${last.number + 1} is missing before the seal of ${seal.date}`)
    if (!sameBytes(seal.previous, last.hash))
      findings.push(`the seal of ${seal.date} does not follow the seal before it`)
    last = seal
  }
  return findings
}
