import { CompactRange, type Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from './ballot.ts'
import { CalendarDate } from './calendar-date.ts'
import { drawOrdinals, seedOf } from './draw.ts'
import { commitmentTo, type Entropy, type Reveal, randomnessOf } from './entropy.ts'
import { LedgerBroken, LotteryClosed, LotteryDatePast, LotteryDateTooFar, LotteryNotOver } from './errors.ts'
import { type EnteredBallot, entered } from './ledger-entry.ts'
import {
  type DrawRecord,
  type LastSeal,
  type LotteryState,
  type LotteryStatus,
  type SealRecord,
  sealFactsOf,
  statusOf,
} from './lottery-state.ts'
import { requireActive, type Standing } from './participants.ts'
import { type Seal, sealHash } from './seal.ts'

/** How many days ahead of today a lottery can be opened. */
const FURTHEST_DAYS_AHEAD = 366

/** The draw of one UTC day. Whoever changes it holds its row's lock. */
export class Lottery {
  readonly date: CalendarDate
  readonly createdAt: Instant
  readonly #ledger: CompactRange
  readonly #events: DomainEvents
  #entropy: Entropy
  #seal: SealRecord | null
  #draw: DrawRecord | null
  #filled: Subtree[] = []

  private constructor(state: LotteryState) {
    this.date = state.date
    this.createdAt = state.createdAt
    this.#ledger = new CompactRange(state.ledger.size, state.ledger.hashes)
    this.#entropy = state.entropy
    this.#seal = state.seal
    this.#draw = state.draw
    this.#events = new DomainEvents(`lottery/${state.date}`, state.lastSeq)
  }

  /** @throws LotteryDatePast | LotteryDateTooFar */
  static open(date: CalendarDate, entropy: Entropy, at: Instant, cause: Cause): Lottery {
    requireDateOpenable(date, at)
    const ledger = { size: 0, hashes: [] }
    const lottery = new Lottery({ date, ledger, entropy, seal: null, draw: null, createdAt: at, lastSeq: 0 })
    lottery.#events.record('lottery.created.v1', at, cause, { date })
    return lottery
  }

  static rehydrate(state: LotteryState): Lottery {
    const { size, hashes } = state.ledger
    if (!CompactRange.fits(size, hashes)) throw new LedgerBroken(state.date, 'its size is not that of its ledger')
    return new Lottery(state)
  }

  get state(): LotteryState {
    return {
      date: this.date,
      ledger: { size: this.#ledger.size, hashes: this.#ledger.hashes },
      entropy: this.#entropy,
      seal: this.#seal,
      draw: this.#draw,
      createdAt: this.createdAt,
      lastSeq: this.#events.lastSeq,
    }
  }

  get status(): LotteryStatus {
    return statusOf(this)
  }

  get entropy(): Entropy {
    return this.#entropy
  }

  get seal(): SealRecord | null {
    return this.#seal
  }

  get draw(): DrawRecord | null {
    return this.#draw
  }

  /** Size and root of the ledger as it is now. */
  get head(): { readonly size: number; readonly root: Hash } {
    return { size: this.#ledger.size, root: this.#ledger.root }
  }

  /**
   * Takes one ballot in, under the next ordinal, as the next leaf of the ledger.
   * @throws ParticipantUnknown | ParticipantBanned | LotteryClosed
   */
  issue(ballot: { id: BallotId; userId: UserId; salt: Uint8Array; standing: Standing }, at: Instant): EnteredBallot {
    const { id, userId, salt, standing } = ballot
    requireActive(userId, standing)
    if (this.#seal || this.#isOver(at)) throw new LotteryClosed(this.date)

    const ordinal = this.#ledger.size + 1
    const issued = entered({ id, userId, lotteryDate: this.date, ordinal, submittedAt: at, salt })
    this.#ledger.append(issued.leaf, (subtree) => this.#filled.push(subtree))
    return issued
  }

  /**
   * Fixes what the draw is drawn from: no ballot enters after it, and the excluded ordinals cannot win. A lottery that is
   * sealed already stays as it is.
   * @throws LotteryNotOver while the lottery's day lasts
   */
  sealWith(
    terms: { excluded: readonly number[]; last: LastSeal; round?: { round: number; late: boolean } },
    at: Instant,
    cause: Cause,
  ): void {
    if (this.#seal) return
    if (!this.#isOver(at)) throw new LotteryNotOver(this.date)

    const { excluded, last, round } = terms
    if (this.#entropy.kind === 'drand' && round) this.#entropy = { ...this.#entropy, round: round.round }
    const record = { number: last.number + 1, excluded, late: round?.late ?? false, previous: last.hash, at }
    this.#seal = { ...record, hash: sealHash(this.#sealed(record)) }
    this.#events.record('lottery.sealed.v1', at, cause, {
      date: this.date,
      ballot_count: this.#ledger.size,
      excluded_count: excluded.length,
    })
  }

  /**
   * The winning ordinal, uniform over the ballots that are not excluded; undefined when none is left.
   * @throws LedgerBroken when the stored lottery is not the one that was sealed, or the reveal not what was committed to
   */
  winningOrdinal(reveal: Reveal): number | undefined {
    const seal = this.#seal
    if (!seal || this.#draw) throw new Error(`a lottery that is ${this.status} cannot be drawn`)
    if (!sameBytes(sealHash(this.#sealed(seal)), seal.hash)) {
      throw new LedgerBroken(this.date, 'what is stored of it is not what was sealed')
    }
    if (this.#entropy.kind === 'commit-reveal' && !sameBytes(commitmentTo(reveal), this.#entropy.commitment)) {
      throw new LedgerBroken(this.date, 'its secret is not the one that was committed to')
    }
    const seed = seedOf(randomnessOf(this.#entropy, reveal), seal.hash)
    return drawOrdinals(seed, this.#ledger.size, seal.excluded)[0]
  }

  /** Records the result of the draw; the lottery is over for good. */
  close(winner: Ballot | undefined, reveal: Reveal, at: Instant, cause: Cause): void {
    if (winner?.ordinal !== this.winningOrdinal(reveal)) throw new Error('the winner is not the one that was drawn')

    this.#draw = { reveal, winner: winner ? { ordinal: winner.ordinal, ballotId: winner.id } : null, at }
    this.#events.record('lottery.closed.v1', at, cause, {
      date: this.date,
      ballot_count: this.#ledger.size,
      winner: winner ? { ballot_id: winner.id, ordinal: winner.ordinal, user_id: winner.userId } : null,
      evidence: `/lotteries/${this.date}/evidence`,
    })
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }

  /** Hands over the subtrees that ballots filled since the last take; the repository that saves the lottery keeps some. */
  takeFilledSubtrees(): readonly Subtree[] {
    const filled = this.#filled
    this.#filled = []
    return filled
  }

  #sealed(record: Pick<SealRecord, 'excluded' | 'previous'>): Seal {
    return sealFactsOf({ ...this.state, seal: record })
  }

  #isOver(at: Instant): boolean {
    return at >= CalendarDate.endOf(this.date)
  }
}

/** @throws LotteryDatePast | LotteryDateTooFar */
export function requireDateOpenable(date: CalendarDate, at: Instant): void {
  const today = CalendarDate.of(at)
  const last = CalendarDate.addDays(today, FURTHEST_DAYS_AHEAD)
  if (date < today) throw new LotteryDatePast(date, today)
  if (date > last) throw new LotteryDateTooFar(date, last)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
