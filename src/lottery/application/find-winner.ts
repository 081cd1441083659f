import type { Ballot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotClosed, LotteryNotFound, LotteryWithoutWinner } from '../domain/errors.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export class FindWinner {
  readonly #queries: LotteryQueries

  constructor(queries: LotteryQueries) {
    this.#queries = queries
  }

  /** Returns the winning ballot of a date. @throws LotteryNotFound | LotteryNotClosed | LotteryWithoutWinner */
  async execute(date: CalendarDate): Promise<Ballot> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    if (!lottery.draw) throw new LotteryNotClosed(date)
    const { winner } = lottery.draw
    if (!winner) throw new LotteryWithoutWinner(date)

    const ballot = await this.#queries.ballotAt(date, winner.ordinal)
    if (!ballot)
      throw new Error(`the winning ballot, ordinal ${winner.ordinal} of the lottery of ${date}, is not stored`)
    return ballot
  }
}
