import type { Cause } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { DrawLottery } from './draw-lottery.ts'
import type { SealLottery } from './seal-lottery.ts'

/**
 * Seals a lottery, then draws it: at once with `commit-reveal`, some time later with a beacon. Any number of callers may
 * close one lottery at the same time. One of them closes it, and all of them get the same result.
 */
export class CloseLottery {
  readonly #sealLottery: SealLottery
  readonly #drawLottery: DrawLottery

  constructor(sealLottery: SealLottery, drawLottery: DrawLottery) {
    this.#sealLottery = sealLottery
    this.#drawLottery = drawLottery
  }

  /** @throws LotteryNotFound | LotteryNotOver | LedgerBroken */
  async execute(date: CalendarDate, cause: Cause): Promise<LotteryState> {
    return this.#drawLottery.execute(await this.#sealLottery.execute(date, cause), cause)
  }
}
