import type { BallotId, StoredBallot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { BallotNotFound, LotteryNotFound } from '../domain/errors.ts'
import type { Exclusion } from '../domain/seal.ts'
import type { BallotsOverArchive } from './ballots-over-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** What became of a ballot. Before the draw, only that it is in the ledger. */
export type Fate =
  | { readonly kind: 'waiting' | 'won' | 'lost'; readonly ballot: StoredBallot }
  | { readonly kind: 'excluded'; readonly ballot: StoredBallot; readonly exclusion: Exclusion }

export class FindFate {
  readonly #queries: LotteryQueries
  readonly #ballots: BallotsOverArchive

  constructor(queries: LotteryQueries, ballots: BallotsOverArchive) {
    this.#queries = queries
    this.#ballots = ballots
  }

  /** @throws LotteryNotFound | BallotNotFound */
  async execute(date: CalendarDate, id: BallotId): Promise<Fate> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    const ballot = await this.#ballots.find(lottery, id)
    if (!ballot) throw new BallotNotFound(date, id)

    if (!lottery.draw) return { kind: 'waiting', ballot }
    if (lottery.draw.winner?.ballotId === id) return { kind: 'won', ballot }
    const { ordinal } = ballot
    const [exclusion] = await this.#queries.exclusions({ date, after: ordinal - 1, limit: 1 })
    return exclusion?.ordinal === ordinal ? { kind: 'excluded', ballot, exclusion } : { kind: 'lost', ballot }
  }
}
