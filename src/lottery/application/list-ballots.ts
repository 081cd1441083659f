import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { LotteryNotFound, ParticipantUnknown } from '../domain/errors.ts'
import type { Participants } from '../domain/participants.ts'
import type { BallotPlace, LotteryQueries } from './lottery-queries.ts'

export class ListBallots {
  readonly #queries: LotteryQueries
  readonly #participants: Participants

  constructor(queries: LotteryQueries, participants: Participants) {
    this.#queries = queries
    this.#participants = participants
  }

  /** Returns ballots of a lottery in ordinal order. @throws LotteryNotFound */
  async ofLottery(page: { date: CalendarDate; after: number; limit: number }): Promise<readonly StoredBallot[]> {
    if (!(await this.#queries.find(page.date))) throw new LotteryNotFound(page.date)
    return this.#queries.ballots(page)
  }

  /** Returns ballots of a user, newest date first. @throws ParticipantUnknown */
  async ofUser(page: { userId: UserId; before?: BallotPlace; limit: number }): Promise<readonly Ballot[]> {
    const standings = await this.#participants.standings([page.userId])
    if (standings.get(page.userId) === 'unknown') throw new ParticipantUnknown(page.userId)
    return this.#queries.ballotsOf(page)
  }
}
