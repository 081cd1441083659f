import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound, ParticipantUnknown } from '../domain/errors.ts'
import type { Participants } from '../domain/participants.ts'
import type { BallotsOverArchive } from './ballots-over-archive.ts'
import type { BallotPlace, LotteryQueries } from './lottery-queries.ts'

export class ListBallots {
  readonly #queries: LotteryQueries
  readonly #ballots: BallotsOverArchive
  readonly #participants: Participants

  constructor(queries: LotteryQueries, ballots: BallotsOverArchive, participants: Participants) {
    this.#queries = queries
    this.#ballots = ballots
    this.#participants = participants
  }

  /** Returns ballots of a lottery in ordinal order. @throws LotteryNotFound */
  async ofLottery(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly StoredBallot[]> {
    const lottery = await this.#queries.find(page.date)
    if (!lottery) throw new LotteryNotFound(page.date)
    return this.#ballots.page(lottery, page)
  }

  /** Returns ballots of a user, newest date first. @throws ParticipantUnknown */
  async ofUser(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]> {
    const standings = await this.#participants.standings([page.userId])
    if (standings.get(page.userId) === 'unknown') throw new ParticipantUnknown(page.userId)
    return this.#ballots.ofUser(page)
  }
}
