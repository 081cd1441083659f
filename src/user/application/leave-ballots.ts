import type { UserId } from '../../shared/domain/user-id.ts'
import type { UsersToForget, UserToForget } from './users-to-forget.ts'

/**
 * Time in milliseconds after which no submit from before a forgetting is still on its way. Such a submit may have found the
 * user active, and store a ballot after the user's other ballots are done. It is given up, and its connection ended, within
 * seconds.
 */
const SUBMITS_END_WITHIN_MS = 300_000

/** Takes a user out of ballots. Resolves whether none names the user any more, except those that evidence names. */
export type ForgetBallots = (userId: UserId) => Promise<boolean>

/**
 * Takes forgotten users out of the ballots, again and again until no ballot names them: those of a lottery that is not
 * closed wait for its close. It can be stopped at any moment, and any number of replicas may do it at the same time.
 */
export class LeaveBallots {
  readonly #users: UsersToForget
  readonly #forgetBallots: ForgetBallots
  readonly #forgetArchived: ForgetBallots
  #last: UserToForget | undefined
  /** Users of the last round, and of this one, whom no archived ballot named. */
  #outOfArchive = { before: new Set<UserId>(), now: new Set<UserId>() }

  constructor(users: UsersToForget, forgetBallots: ForgetBallots, forgetArchived: ForgetBallots) {
    this.#users = users
    this.#forgetBallots = forgetBallots
    this.#forgetArchived = forgetArchived
  }

  /**
   * Handles the next user. Returns false at the end of a round over all of them, and the next call begins a new one. After a
   * failure, the next call goes on with the user after that one.
   */
  async execute(): Promise<boolean> {
    this.#last = await this.#users.next(this.#last)
    if (this.#last) await this.#leave(this.#last)
    else this.#outOfArchive = { before: this.#outOfArchive.now, now: new Set() }
    return this.#last !== undefined
  }

  /**
   * The archive is slow to read, so it is not read in each round while ballots wait in the database. At the end, both are
   * asked once more, because ballots may have moved meanwhile, into the archive or back.
   */
  async #leave({ userId, ageMs }: UserToForget): Promise<void> {
    const isLastTime = (await this.#forgetBallots(userId)) && ageMs > SUBMITS_END_WITHIN_MS
    const isOutOfArchive =
      (this.#outOfArchive.before.has(userId) && !isLastTime) || (await this.#forgetArchived(userId))
    if (!isOutOfArchive) return
    this.#outOfArchive.now.add(userId)
    if (isLastTime && (await this.#forgetBallots(userId))) await this.#users.remove(userId)
  }
}
