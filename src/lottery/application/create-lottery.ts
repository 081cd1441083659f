import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryAlreadyExists } from '../domain/errors.ts'
import { Lottery } from '../domain/lottery.ts'
import { DAYS_AHEAD } from '../domain/lottery-dates.ts'
import type { LotteryRepos } from '../domain/lottery-repository.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { Entropies } from './entropies.ts'

/** Opens the lottery of a day before its first ballot does. */
export class CreateLottery {
  readonly #unitOfWork: UnitOfWork<LotteryRepos>
  readonly #entropies: Entropies
  readonly #daysAhead: number

  constructor(unitOfWork: UnitOfWork<LotteryRepos>, entropies: Entropies, daysAhead = DAYS_AHEAD) {
    this.#unitOfWork = unitOfWork
    this.#entropies = entropies
    this.#daysAhead = daysAhead
  }

  /** @throws LotteryAlreadyExists | LotteryDatePast | LotteryDateTooFar */
  async execute(date: CalendarDate, cause: Cause): Promise<LotteryState> {
    return this.#unitOfWork.run(async ({ lotteries }) => {
      const { entropy, secret } = this.#entropies.forNew(date)
      const lottery = Lottery.open(date, entropy, await lotteries.now(), cause, this.#daysAhead)
      if (!(await lotteries.add(lottery, secret))) throw new LotteryAlreadyExists(date)
      return lottery.state
    })
  }
}
