import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { CalendarDate } from './calendar-date.ts'
import { NthAdmitted, uniform } from './draw.ts'
import type { Reveal } from './entropy.ts'
import { LedgerBroken } from './errors.ts'
import type { SealRecord } from './lottery-state.ts'
import { type Exclusion, ExclusionsDigest } from './seal.ts'

/** The draw of one sealed lottery. It is given the exclusions page by page, and never holds more than a page. */
export class Drawing {
  readonly reveal: Reveal
  readonly seal: SealRecord
  readonly #date: CalendarDate
  readonly #given = new ExclusionsDigest()
  readonly #winner: NthAdmitted | undefined

  /** `ballotCount` is that of the seal. */
  constructor(date: CalendarDate, seal: SealRecord, ballotCount: number, reveal: Reveal, seed: Hash) {
    this.reveal = reveal
    this.seal = seal
    this.#date = date
    const admitted = ballotCount - seal.excludedCount
    if (admitted > 0) this.#winner = new NthAdmitted(uniform(seed, 0, admitted))
  }

  /** Takes the next exclusions, by ascending ordinal. */
  exclude(exclusions: readonly Exclusion[]): void {
    this.#given.add(exclusions)
    this.#winner?.skip(exclusions.map(({ ordinal }) => ordinal))
  }

  /**
   * Returns the winning ordinal, uniform over the ballots that are not excluded; undefined when no ballot can win.
   * @throws LedgerBroken unless the exclusions were those of the seal, all of them in order
   */
  winningOrdinal(): number | undefined {
    const { count, hash } = this.#given.total()
    if (count !== this.seal.excludedCount || !sameBytes(hash, this.seal.exclusionsHash)) {
      throw new LedgerBroken(this.#date, 'its stored exclusions are not the sealed ones')
    }
    return this.#winner?.ordinal
  }
}
