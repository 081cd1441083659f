import type { BallotsOfUser, ForgottenPage } from '../../src/lottery/application/ballots-of-user.ts'
import type { BallotPlace, LotteryQueries } from '../../src/lottery/application/lottery-queries.ts'
import type { Ballot, StoredBallot } from '../../src/lottery/domain/ballot.ts'
import type { CalendarDate } from '../../src/lottery/domain/calendar-date.ts'
import { ledgerEntryOf } from '../../src/lottery/domain/ledger-entry.ts'
import type { LotteryState } from '../../src/lottery/domain/lottery-state.ts'
import type { Exclusion } from '../../src/lottery/domain/seal.ts'
import type { UserId } from '../../src/shared/domain/user-id.ts'
import type { MemoryTable } from './memory-database.ts'

/** The committed rows of the lottery context that a forgetting reads and changes. */
interface Store {
  readonly queries: LotteryQueries
  readonly lotteries: MemoryTable<CalendarDate, LotteryState>
  readonly ballots: MemoryTable<string, StoredBallot>
  readonly exclusions: MemoryTable<CalendarDate, readonly Exclusion[]>
}

export class MemoryBallotsOfUser implements BallotsOfUser {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async forgetPage(page: { userId: UserId; after?: BallotPlace; limit: number }): Promise<ForgottenPage> {
    const all = await this.#store.queries.ballotsOf({ userId: page.userId, limit: Number.MAX_SAFE_INTEGER })
    const after = page.after
    const visited = all
      .toReversed()
      .filter((ballot) => after === undefined || isAfter(ballot, after))
      .slice(0, page.limit)
    for (const ballot of visited) if (this.#isClosed(ballot) && !this.#isNamedByEvidence(ballot)) this.#forget(ballot)
    return {
      places: visited.map(({ lotteryDate: date, ordinal }) => ({ date, ordinal })),
      areClosed: visited.every((ballot) => this.#isClosed(ballot)),
    }
  }

  #isClosed({ lotteryDate }: Ballot): boolean {
    return Boolean(this.#store.lotteries.rows.get(lotteryDate)?.draw)
  }

  #isNamedByEvidence({ lotteryDate, ordinal }: Ballot): boolean {
    const exclusions = this.#store.exclusions.rows.get(lotteryDate) ?? []
    const winner = this.#store.lotteries.rows.get(lotteryDate)?.draw?.winner
    return winner?.ordinal === ordinal || exclusions.some((exclusion) => exclusion.ordinal === ordinal)
  }

  #forget(ballot: Ballot): void {
    const { id, lotteryDate, ordinal, submittedAt } = ballot
    const userCommit = ledgerEntryOf(ballot).slice(24, 56) // lottery-draw-v2 section 1
    const key = `${lotteryDate}/${ordinal}`
    this.#store.ballots.rows.set(key, { id, lotteryDate, ordinal, submittedAt, userId: null, userCommit })
  }
}

function isAfter({ lotteryDate, ordinal }: Ballot, place: BallotPlace): boolean {
  return lotteryDate > place.date || (lotteryDate === place.date && ordinal > place.ordinal)
}
