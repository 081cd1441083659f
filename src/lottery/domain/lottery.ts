import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from './ballot.ts'
import { CalendarDate } from './calendar-date.ts'
import type { Chance } from './chance.ts'
import { LotteryClosed, LotteryDatePast, LotteryDateTooFar, LotteryNotOver } from './errors.ts'
import { requireActive, type Standing } from './participants.ts'

/** How many days ahead of today a lottery can be opened. */
const FURTHEST_DAYS_AHEAD = 366

/** `open` takes ballots; `sealed` takes none and waits for its draw; `closed` is drawn. It never goes back. */
export type LotteryStatus = 'open' | 'sealed' | 'closed'

/** Everything that is stored of a lottery. */
export interface LotteryState {
  readonly date: CalendarDate
  readonly status: LotteryStatus
  readonly ballotCount: number
  /** Ordinals, ascending, of the ballots that cannot win: fixed by the seal, empty before it. */
  readonly excluded: readonly number[]
  readonly winner: { readonly ordinal: number; readonly ballotId: BallotId } | null
  readonly createdAt: Instant
  readonly sealedAt: Instant | null
  readonly closedAt: Instant | null
  /** `seq` of the last domain event. */
  readonly lastSeq: number
}

/** The draw of one UTC day. Whoever changes it holds its row's lock. */
export class Lottery {
  #state: Omit<LotteryState, 'lastSeq'>
  readonly #events: DomainEvents

  private constructor({ lastSeq, ...state }: LotteryState) {
    this.#state = state
    this.#events = new DomainEvents(`lottery/${state.date}`, lastSeq)
  }

  /** @throws LotteryDatePast | LotteryDateTooFar */
  static open(date: CalendarDate, at: Instant): Lottery {
    const today = CalendarDate.of(at)
    const last = CalendarDate.addDays(today, FURTHEST_DAYS_AHEAD)
    if (date < today) throw new LotteryDatePast(date, today)
    if (date > last) throw new LotteryDateTooFar(date, last)

    const lottery = new Lottery({
      date,
      status: 'open',
      ballotCount: 0,
      excluded: [],
      winner: null,
      createdAt: at,
      sealedAt: null,
      closedAt: null,
      lastSeq: 0,
    })
    lottery.#events.record('lottery.created.v1', at, { date })
    return lottery
  }

  static rehydrate(state: LotteryState): Lottery {
    return new Lottery(state)
  }

  get state(): LotteryState {
    return { ...this.#state, lastSeq: this.#events.lastSeq }
  }

  get date(): CalendarDate {
    return this.#state.date
  }

  get status(): LotteryStatus {
    return this.#state.status
  }

  /**
   * Takes one ballot in, under the next ordinal.
   * @throws ParticipantUnknown | ParticipantBanned | LotteryClosed
   */
  issue(ballot: { id: BallotId; userId: UserId; standing: Standing }, at: Instant): Ballot {
    const { id, userId, standing } = ballot
    requireActive(userId, standing)
    if (this.#state.status !== 'open' || this.#isOver(at)) throw new LotteryClosed(this.date)

    const ordinal = this.#state.ballotCount + 1
    this.#state = { ...this.#state, ballotCount: ordinal }
    return { id, userId, lotteryDate: this.date, ordinal, submittedAt: at }
  }

  /**
   * Fixes what the draw is drawn from: no ballot enters after it, and these ordinals cannot win.
   * @throws LotteryNotOver while the lottery's day lasts
   */
  seal(excluded: readonly number[], at: Instant): void {
    if (this.#state.status !== 'open') return
    if (!this.#isOver(at)) throw new LotteryNotOver(this.date)

    this.#state = { ...this.#state, status: 'sealed', excluded, sealedAt: at }
    this.#events.record('lottery.sealed.v1', at, {
      date: this.date,
      ballot_count: this.#state.ballotCount,
      excluded_count: excluded.length,
    })
  }

  /** The winning ordinal of a sealed lottery, uniform over the ballots that are not excluded; undefined when none is left. */
  draw(chance: Chance): number | undefined {
    const { ballotCount, excluded } = this.#state
    const entrants = ballotCount - excluded.length
    if (entrants === 0) return undefined
    return nthAdmitted(chance.uniform(entrants), excluded)
  }

  /** Records the result of the draw; the lottery is over for good. */
  close(winner: Ballot | undefined, at: Instant): void {
    if (this.#state.status !== 'sealed') throw new Error(`a lottery that is ${this.#state.status} cannot be drawn`)

    this.#state = {
      ...this.#state,
      status: 'closed',
      winner: winner ? { ordinal: winner.ordinal, ballotId: winner.id } : null,
      closedAt: at,
    }
    this.#events.record('lottery.closed.v1', at, {
      date: this.date,
      ballot_count: this.#state.ballotCount,
      winner: winner ? { ballot_id: winner.id, ordinal: winner.ordinal, user_id: winner.userId } : null,
    })
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }

  #isOver(at: Instant): boolean {
    return at >= CalendarDate.endOf(this.date)
  }
}

/** The n-th ordinal (n from 0) that is not excluded. Walks the exclusions, never the ballots. */
function nthAdmitted(n: number, excluded: readonly number[]): number {
  let ordinal = n + 1
  for (const hole of excluded) {
    if (hole > ordinal) break
    ordinal += 1
  }
  return ordinal
}
