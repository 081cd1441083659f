import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound } from '../domain/errors.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { Participants } from '../domain/participants.ts'
import type { DrawLottery } from './draw-lottery.ts'
import type { Entropies } from './entropies.ts'

/**
 * Seals a lottery whose day is over, and draws it as soon as its randomness is there: at once with `commit-reveal`, some
 * time later with a beacon. Any number of callers may try at once: one closes it, the others answer the same result.
 *
 * The moment of the seal is the moment the bans were read, so that every ban dated before it counts and none dated after
 * it does, however long the row's lock is waited for. No ballot can fall between the two: the seal is refused unless
 * that moment is past the end of the day, and no ballot is accepted after it.
 */
export class CloseLottery {
  readonly #participants: Participants
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #entropies: Entropies
  readonly #drawLottery: DrawLottery

  constructor(
    participants: Participants,
    unitOfWork: UnitOfWork<LotteryRepos>,
    entropies: Entropies,
    drawLottery: DrawLottery,
  ) {
    this.#participants = participants
    this.#unitOfWork = unitOfWork
    this.#entropies = entropies
    this.#drawLottery = drawLottery
  }

  /** @throws LotteryNotFound | LotteryNotOver | LedgerBroken */
  async execute(date: CalendarDate, cause: Cause): Promise<LotteryState> {
    return this.draw(await this.seal(date, cause), cause)
  }

  /** The lottery as it is when its randomness was asked for: closed, or still sealed. @throws LedgerBroken */
  async draw(sealed: LotteryState, cause: Cause): Promise<LotteryState> {
    return sealed.draw ? sealed : this.#drawLottery.execute(sealed, cause)
  }

  /** The lottery, sealed or closed, now or before. @throws LotteryNotFound | LotteryNotOver */
  async seal(date: CalendarDate, cause: Cause): Promise<LotteryState> {
    const banned = await this.#participants.banned()

    return this.#unitOfWork.run(async ({ lotteries, ballots }) => {
      const { byDate, at } = await lotteries.lock([date])
      const lottery = byDate.get(date)
      if (!lottery) throw new LotteryNotFound(date)
      if (lottery.status !== 'open') return lottery.state

      const excluded = await ballots.ordinalsOf(date, banned.userIds)
      const round = this.#entropies.roundForSeal(lottery, at)
      lottery.sealWith({ excluded, last: await lotteries.lastSeal(), ...(round && { round }) }, banned.asOf, cause)
      await lotteries.save(lottery)
      return lottery.state
    })
  }
}
