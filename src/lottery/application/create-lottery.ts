import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryAlreadyExists } from '../domain/errors.ts'
import { Lottery, type LotteryState } from '../domain/lottery.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'

/** Opens the lottery of a day before its first ballot does. */
export class CreateLottery {
  readonly #unitOfWork: UnitOfWork<LotteryRepos>

  constructor(unitOfWork: UnitOfWork<LotteryRepos>) {
    this.#unitOfWork = unitOfWork
  }

  /** @throws LotteryAlreadyExists | LotteryDatePast | LotteryDateTooFar */
  async execute(date: CalendarDate): Promise<LotteryState> {
    return this.#unitOfWork.run(async ({ lotteries }) => {
      const { at } = await lotteries.lock([])
      const lottery = Lottery.open(date, at)
      if (!(await lotteries.add(lottery))) throw new LotteryAlreadyExists(date)
      return lottery.state
    })
  }
}
