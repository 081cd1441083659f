import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { DrawLottery } from './draw-lottery.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import type { SealLottery } from './seal-lottery.ts'

export interface SweepReport {
  readonly closed: readonly CalendarDate[]
  /** Sealed lotteries whose randomness, or whose fixed seal, is not available yet. */
  readonly waiting: readonly CalendarDate[]
  readonly failed: readonly { readonly date: CalendarDate; readonly error: unknown }[]
  /** Time from the sweep's start to the database's next midnight, in milliseconds. */
  readonly untilMidnightMs: number
}

/**
 * Closes every lottery whose day is over by the database's clock, oldest first, each in units of work of its own. All are
 * sealed before the first is drawn, because a draw may wait for a beacon that does not answer.
 */
export class CloseDueLotteries {
  readonly #queries: LotteryQueries
  readonly #sealLottery: SealLottery
  readonly #drawLottery: DrawLottery
  readonly #auditTrail: AuditTrail

  constructor(queries: LotteryQueries, sealLottery: SealLottery, drawLottery: DrawLottery, auditTrail: AuditTrail) {
    this.#queries = queries
    this.#sealLottery = sealLottery
    this.#drawLottery = drawLottery
    this.#auditTrail = auditTrail
  }

  async execute(): Promise<SweepReport> {
    const { dates, untilMidnightMs } = await this.#queries.due()
    const sealed: LotteryState[] = []
    const closed: CalendarDate[] = []
    const waiting: CalendarDate[] = []
    const failed: { date: CalendarDate; error: unknown }[] = []
    for (const date of dates) {
      try {
        sealed.push(await this.#sealLottery.execute(date, CAUSED_BY_SERVICE))
      } catch (error) {
        failed.push({ date, error })
      }
    }
    await this.#auditTrail.untilSealsAreFixed(sealed.map(({ date }) => date))
    for (const lottery of sealed) {
      try {
        const { date, draw } = await this.#drawLottery.execute(lottery, CAUSED_BY_SERVICE)
        if (draw) closed.push(date)
        else waiting.push(date)
      } catch (error) {
        failed.push({ date: lottery.date, error })
      }
    }
    return { closed, waiting, failed, untilMidnightMs }
  }
}
