import { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import { CheckLedger } from './check-ledger.ts'
import type { LotteryQueries } from './lottery-queries.ts'

const PAGE = 100

export interface CheckReport {
  /** A lottery, or the chain of all seals. */
  readonly subject: string
  /** What is wrong with it, in sentences. */
  readonly findings: readonly string[]
}

/** Audits one lottery or all of them, and in both cases the chain of all seals. */
export class CheckStoredLotteries {
  readonly #queries: LotteryQueries
  readonly #checkLedger: CheckLedger

  constructor(queries: LotteryQueries, checkLedger: CheckLedger) {
    this.#queries = queries
    this.#checkLedger = checkLedger
  }

  /** Reports as it goes, newest lottery first. @throws LotteryNotFound | RangeError when that is no date */
  async *execute(date?: string): AsyncGenerator<CheckReport> {
    const only = date === undefined ? undefined : CalendarDate.parse(date)
    if (only && !(await this.#queries.find(only))) throw new LotteryNotFound(only)
    const seals = []
    for await (const lottery of this.#lotteries()) {
      const { date, seal, ledger } = lottery
      if (seal) seals.push({ date, ...seal })
      if (only && only !== date) continue
      yield { subject: `${date}, ${ledger.size} ballots`, findings: await this.#checkLedger.execute(lottery) }
    }
    seals.sort((a, b) => a.number - b.number)
    yield { subject: `chain of ${seals.length} seals`, findings: CheckLedger.chainFindings(seals) }
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
