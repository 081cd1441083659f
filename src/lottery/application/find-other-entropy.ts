import type { CalendarDate } from '../domain/calendar-date.ts'
import type { Entropy } from '../domain/entropy.ts'
import type { LotteryQueries } from './lottery-queries.ts'

const PAGE = 500

/** Finds open lotteries that were created under another kind of randomness than the configured one, and keep it. */
export class FindOtherEntropy {
  readonly #queries: LotteryQueries
  readonly #kind: Entropy['kind']

  constructor(queries: LotteryQueries, kind: Entropy['kind']) {
    this.#queries = queries
    this.#kind = kind
  }

  /** Returns their dates, newest first. */
  async execute(): Promise<CalendarDate[]> {
    const dates: CalendarDate[] = []
    for (let before: CalendarDate | undefined; ; ) {
      const page = await this.#queries.list({ status: 'open', limit: PAGE, ...(before && { before }) })
      dates.push(...page.filter(({ entropy }) => entropy.kind !== this.#kind).map(({ date }) => date))
      before = page.at(-1)?.date
      if (!before) return dates
    }
  }
}
