import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export class FindLottery {
  readonly #queries: LotteryQueries

  constructor(queries: LotteryQueries) {
    this.#queries = queries
  }

  /** @throws LotteryNotFound */
  async execute(date: CalendarDate): Promise<LotteryState> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    return lottery
  }
}
