import type { UserId } from '../../shared/domain/user-id.ts'
import type { BallotPlace } from './lottery-queries.ts'

/** The stored ballots that name a user. */
export interface BallotsOfUser {
  /**
   * Visits ballots by ascending date and ordinal, strictly after `after`, in one transaction. Those of closed lotteries get
   * the commitment to their user in place of the user and the salt, except winners and excluded ballots. Returns the places
   * of all visited ballots, and whether all of their lotteries are closed. Only the last page is shorter than `limit`.
   */
  forgetPage(page: { userId: UserId; after?: BallotPlace; limit: number }): Promise<ForgottenPage>
}

export interface ForgottenPage {
  readonly places: readonly BallotPlace[]
  readonly areClosed: boolean
}
