import type { Clock } from '../../shared/application/clock.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId, StoredBallot } from '../domain/ballot.ts'
import { CalendarDate } from '../domain/calendar-date.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import { type BallotArchive, NO_ARCHIVE } from './ballot-archive.ts'
import type { BallotPlace, LotteryQueries } from './lottery-queries.ts'

interface PageOfUser {
  readonly userId: UserId
  readonly before?: BallotPlace
  readonly limit: number
}

/**
 * Reads ballots from the database, and those that have left it from the archive. The archive is asked only when the database
 * answers with less than a closed lottery has. Then the database is asked again, unless the archive holds the date: the
 * ballots may have come back meanwhile.
 */
export class BallotsOverArchive {
  readonly #queries: LotteryQueries
  readonly #archive: BallotArchive
  readonly #clock: Clock

  constructor(queries: LotteryQueries, archive: BallotArchive, clock: Clock) {
    this.#queries = queries
    this.#archive = archive
    this.#clock = clock
  }

  async find({ date, draw }: LotteryState, id: BallotId): Promise<StoredBallot | undefined> {
    const stored = await this.#queries.ballot(date, id)
    if (stored || !draw) return stored
    return (await this.#sourceOf(date)).ballot(date, id)
  }

  /** Returns ballots by ascending ordinal, strictly after `after`; 0 starts at the first ballot. */
  async page(
    { date, draw, ledger }: LotteryState,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly StoredBallot[]> {
    const stored = await this.#queries.ballots({ date, after, limit })
    const expected = Math.min(limit, ledger.size - after)
    if (!draw || stored.length >= expected) return stored
    return (await this.#sourceOf(date)).ballots({ date, after, limit: expected })
  }

  /** Returns ballots of a user, newest date first, then highest ordinal first, strictly before `before`. */
  async ofUser(page: PageOfUser): Promise<readonly Ballot[]> {
    const stored = await this.#queries.ballotsOf(page)
    const last = stored.length >= page.limit ? stored.at(-1) : undefined
    if (this.#archive === NO_ARCHIVE || (last && this.#showsEveryMonth(stored, page.before))) return stored

    const downTo = last && { date: last.lotteryDate, ordinal: last.ordinal }
    const archived = await this.#archive.ballotsOf({ ...page, ...(downTo && { downTo }) })
    // Read after the archive: a month that left meanwhile is there already, and one that came back is here.
    return merged(archived, await this.#queries.ballotsOf(page)).slice(0, page.limit)
  }

  async #sourceOf(date: CalendarDate): Promise<Pick<LotteryQueries, 'ballot' | 'ballots'>> {
    return (await this.#archive.holds(date)) ? this.#archive : this.#queries
  }

  /**
   * Whether each month that these ballots span, and that can have left the database, has a ballot among them. As a month
   * leaves as a whole, nothing between them is missing then.
   */
  #showsEveryMonth(ballots: readonly Ballot[], before: BallotPlace | undefined): boolean {
    const over = CalendarDate.addDays(firstOfMonth(CalendarDate.of(this.#clock.now())), -1)
    const newest = before && before.date < over ? before.date : over
    const shown = ballots.map(({ lotteryDate }) => firstOfMonth(lotteryDate))
    const months = new Set(shown)
    for (let month = shown.at(-1); month && month <= newest; month = firstOfMonth(CalendarDate.addDays(month, 31))) {
      if (!months.has(month)) return false
    }
    return true
  }
}

/** Both lists without repetitions, newest date first, then highest ordinal first. */
function merged(some: readonly Ballot[], others: readonly Ballot[]): Ballot[] {
  const byPlace = new Map([...some, ...others].map((ballot) => [`${ballot.lotteryDate}/${ballot.ordinal}`, ballot]))
  return [...byPlace.values()].sort((a, b) => {
    if (a.lotteryDate === b.lotteryDate) return b.ordinal - a.ordinal
    return a.lotteryDate < b.lotteryDate ? 1 : -1
  })
}

function firstOfMonth(date: CalendarDate): CalendarDate {
  return CalendarDate.parse(`${date.slice(0, 7)}-01`)
}
