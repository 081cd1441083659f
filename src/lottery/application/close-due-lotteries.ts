import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { CloseLottery } from './close-lottery.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export interface SweepReport {
  readonly closed: readonly CalendarDate[]
  /** Sealed, and without their randomness as yet. */
  readonly waiting: readonly CalendarDate[]
  readonly failed: readonly { readonly date: CalendarDate; readonly error: unknown }[]
  /** Time from the sweep's start to the database's next midnight, in milliseconds. */
  readonly untilMidnightMs: number
}

/**
 * Closes every lottery whose day is over by the database's clock, oldest first, each for itself. All are sealed before
 * the first is drawn, since a draw may have to wait for a beacon that does not answer.
 */
export class CloseDueLotteries {
  readonly #queries: LotteryQueries
  readonly #closeLottery: CloseLottery

  constructor(queries: LotteryQueries, closeLottery: CloseLottery) {
    this.#queries = queries
    this.#closeLottery = closeLottery
  }

  async execute(): Promise<SweepReport> {
    const { dates, untilMidnightMs } = await this.#queries.due()
    const [sealed, closed, waiting]: [LotteryState[], CalendarDate[], CalendarDate[]] = [[], [], []]
    const failed: { date: CalendarDate; error: unknown }[] = []
    for (const date of dates) {
      try {
        sealed.push(await this.#closeLottery.seal(date, CAUSED_BY_SERVICE))
      } catch (error) {
        failed.push({ date, error })
      }
    }
    for (const lottery of sealed) {
      try {
        const { date, draw } = await this.#closeLottery.draw(lottery, CAUSED_BY_SERVICE)
        if (draw) closed.push(date)
        else waiting.push(date)
      } catch (error) {
        failed.push({ date: lottery.date, error })
      }
    }
    return { closed, waiting, failed, untilMidnightMs }
  }
}
