import type { Cause } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { DrawLottery } from './draw-lottery.ts'
import type { SealLottery } from './seal-lottery.ts'

/**
 * Seals a lottery, then draws it: at once with `commit-reveal`, some time later with a beacon. Any number of callers may
 * close one lottery at the same time. One of them closes it, and all of them get the same result.
 */
export class CloseLottery {
  readonly #sealLottery: SealLottery
  readonly #drawLottery: DrawLottery
  readonly #auditTrail: AuditTrail

  constructor(sealLottery: SealLottery, drawLottery: DrawLottery, auditTrail: AuditTrail) {
    this.#sealLottery = sealLottery
    this.#drawLottery = drawLottery
    this.#auditTrail = auditTrail
  }

  /** @throws LotteryNotFound | LotteryNotOver | LedgerBroken */
  async execute(date: CalendarDate, cause: Cause): Promise<LotteryState> {
    const sealed = await this.#sealLottery.execute(date, cause)
    if (!sealed.draw) await this.#auditTrail.untilSealsAreFixed([date])
    return this.#drawLottery.execute(sealed, cause)
  }
}
