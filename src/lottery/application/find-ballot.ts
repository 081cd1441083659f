import type { BallotId, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { BallotNotFound, LotteryNotFound } from '../domain/errors.ts'
import type { BallotsOverArchive } from './ballots-over-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'

export class FindBallot {
  readonly #queries: LotteryQueries
  readonly #ballots: BallotsOverArchive

  constructor(queries: LotteryQueries, ballots: BallotsOverArchive) {
    this.#queries = queries
    this.#ballots = ballots
  }

  /** @throws LotteryNotFound | BallotNotFound */
  async execute(date: CalendarDate, id: BallotId): Promise<StoredBallot> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    const ballot = await this.#ballots.find(lottery, id)
    if (!ballot) throw new BallotNotFound(date, id)
    return ballot
  }
}
