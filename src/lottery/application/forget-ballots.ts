import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotsOfUser } from './ballots-of-user.ts'
import type { BallotPlace } from './lottery-queries.ts'

/** Ballots that one transaction reads and changes. */
const PAGE = 1_000

/** Takes a user out of the ballots of closed lotteries. The evidence names winners and excluded ballots, so these stay. */
export class ForgetBallots {
  readonly #ballots: BallotsOfUser
  readonly #limit: number

  constructor(ballots: BallotsOfUser, limit = PAGE) {
    this.#ballots = ballots
    this.#limit = limit
  }

  /**
   * Returns whether no ballot names the user any more, except winners and excluded ballots. Ballots of open and sealed
   * lotteries keep their user, because they must still be in the draw. It can be interrupted and repeated at any time.
   */
  async execute(userId: UserId): Promise<boolean> {
    const limit = this.#limit
    let isDone = true
    for (let after: BallotPlace | undefined; ; ) {
      const { places, areClosed } = await this.#ballots.forgetPage({ userId, limit, ...(after && { after }) })
      if (!areClosed) isDone = false
      after = places.at(-1)
      if (places.length < limit) return isDone
    }
  }
}
