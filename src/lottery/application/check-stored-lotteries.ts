import { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { CheckDraw } from './check-draw.ts'
import type { CheckLedger } from './check-ledger.ts'
import { type ChainedSeal, checkSealChain } from './check-seal-chain.ts'
import type { LotteryQueries } from './lottery-queries.ts'

const PAGE = 100

export interface CheckReport {
  /** The checked lottery, or the chain of all seals. */
  readonly subject: string
  /** A sentence for every difference between the stored and the recomputed facts. */
  readonly findings: readonly string[]
}

/** Checks one lottery or all of them, and in both cases the chain of all seals. */
export class CheckStoredLotteries {
  readonly #queries: LotteryQueries
  readonly #checkLedger: CheckLedger
  readonly #checkDraw: CheckDraw

  constructor(queries: LotteryQueries, checkLedger: CheckLedger, checkDraw: CheckDraw) {
    this.#queries = queries
    this.#checkLedger = checkLedger
    this.#checkDraw = checkDraw
  }

  /**
   * Reports each lottery once it is checked, newest first.
   * @throws LotteryNotFound | RangeError when `date` is not a date
   */
  async *execute(date?: string): AsyncGenerator<CheckReport> {
    const only = date === undefined ? undefined : CalendarDate.parse(date)
    if (only && !(await this.#queries.find(only))) throw new LotteryNotFound(only)
    const seals: ChainedSeal[] = []
    for await (const lottery of this.#lotteries()) {
      const { date, seal, ledger } = lottery
      if (seal) seals.push({ date, ...seal })
      if (only && only !== date) continue
      yield { subject: `${date}, ${ledger.size} ballots`, findings: await this.#findings(lottery) }
    }
    yield { subject: `chain of ${seals.length} seals`, findings: checkSealChain(seals) }
  }

  /** Checks the ledger first. A broken ledger has no root to compare with, so its seal and its draw are not checked. */
  async #findings(lottery: LotteryState): Promise<string[]> {
    const findings = await this.#checkLedger.execute(lottery)
    return findings.length > 0 ? findings : this.#checkDraw.execute(lottery)
  }

  async *#lotteries(): AsyncGenerator<LotteryState> {
    for (let before: CalendarDate | undefined; ; ) {
      const page = await this.#queries.list({ limit: PAGE, ...(before && { before }) })
      yield* page
      before = page.at(-1)?.date
      if (!before) return
    }
  }
}
