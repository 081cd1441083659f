import type { Ballot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotClosed, LotteryNotFound, LotteryWithoutWinner } from '../domain/errors.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import type { WinningBallots } from './winning-ballots.ts'

export class FindWinner {
  readonly #queries: LotteryQueries
  readonly #winners: WinningBallots

  constructor(queries: LotteryQueries, winners: WinningBallots) {
    this.#queries = queries
    this.#winners = winners
  }

  /** Returns the winning ballot of a date. @throws LotteryNotFound | LotteryNotClosed | LotteryWithoutWinner */
  async execute(date: CalendarDate): Promise<Ballot> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    if (!lottery.draw) throw new LotteryNotClosed(date)
    const { winner } = lottery.draw
    if (!winner) throw new LotteryWithoutWinner(date)
    return this.#winners.find(date, winner.ordinal)
  }
}
