import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState, LotteryStatus } from '../domain/lottery-state.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export class ListLotteries {
  readonly #queries: LotteryQueries

  constructor(queries: LotteryQueries) {
    this.#queries = queries
  }

  /** Returns lotteries, newest date first: all of them, or those of `status`, strictly before `before`. */
  async execute(page: {
    status?: LotteryStatus
    before?: CalendarDate
    limit: number
  }): Promise<readonly LotteryState[]> {
    return this.#queries.list(page)
  }
}
