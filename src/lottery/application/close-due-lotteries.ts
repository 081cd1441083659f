import type { CalendarDate } from '../domain/calendar-date.ts'
import type { CloseLottery } from './close-lottery.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export interface SweepReport {
  readonly closed: readonly CalendarDate[]
  readonly failed: readonly { readonly date: CalendarDate; readonly error: unknown }[]
  /** Time from the sweep's start to the database's next midnight, in milliseconds. */
  readonly untilMidnightMs: number
}

/** Closes every lottery whose day is over by the database's clock, oldest first, each for itself. */
export class CloseDueLotteries {
  readonly #queries: LotteryQueries
  readonly #closeLottery: CloseLottery

  constructor(queries: LotteryQueries, closeLottery: CloseLottery) {
    this.#queries = queries
    this.#closeLottery = closeLottery
  }

  async execute(): Promise<SweepReport> {
    const { dates, untilMidnightMs } = await this.#queries.due()
    const closed: CalendarDate[] = []
    const failed: { date: CalendarDate; error: unknown }[] = []
    for (const date of dates) {
      try {
        await this.#closeLottery.execute(date)
        closed.push(date)
      } catch (error) {
        failed.push({ date, error })
      }
    }
    return { closed, failed, untilMidnightMs }
  }
}
