import type { BallotId, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { BallotNotFound, LotteryNotFound } from '../domain/errors.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export class FindBallot {
  readonly #queries: LotteryQueries

  constructor(queries: LotteryQueries) {
    this.#queries = queries
  }

  /** @throws LotteryNotFound | BallotNotFound */
  async execute(date: CalendarDate, id: BallotId): Promise<StoredBallot> {
    if (!(await this.#queries.find(date))) throw new LotteryNotFound(date)
    const ballot = await this.#queries.ballot(date, id)
    if (!ballot) throw new BallotNotFound(date, id)
    return ballot
  }
}
