import { EMPTY_TREE, GrowingTree, type TreeHead } from '../../ledger/domain/growing-tree.ts'
import { CompactRange, type Subtree } from '../../ledger/domain/merkle-tree.ts'
import { sameBytes } from '../../ledger/domain/same-bytes.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import { type DomainEvent, DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import type { UserId } from '../../shared/domain/user-id.ts'
import type { Ballot, BallotId } from './ballot.ts'
import { CalendarDate } from './calendar-date.ts'
import { seedOf } from './draw.ts'
import { Drawing } from './drawing.ts'
import { commitmentTo, type Entropy, type Reveal, randomnessOf } from './entropy.ts'
import { LedgerBroken, LotteryClosed, LotteryNotOver } from './errors.ts'
import { type EnteredBallot, entered } from './ledger-entry.ts'
import { requireDateOpenable } from './lottery-dates.ts'
import { closedData, createdData, sealedData } from './lottery-events.ts'
import {
  type DrawRecord,
  type LotteryState,
  type LotteryStatus,
  type SealRecord,
  type SealTerms,
  sealFactsOf,
  statusOf,
} from './lottery-state.ts'
import { requireActive, type Standing } from './participants.ts'
import { sealHash } from './seal.ts'

/** The draw of one UTC day. A unit of work changes it under its row's lock. */
export class Lottery {
  readonly date: CalendarDate
  readonly createdAt: Instant
  readonly #ledger: GrowingTree
  readonly #events: DomainEvents
  readonly #entropy: Entropy
  #seal: SealRecord | null
  #draw: DrawRecord | null

  private constructor(state: LotteryState) {
    this.date = state.date
    this.createdAt = state.createdAt
    this.#ledger = new GrowingTree(state.ledger)
    this.#entropy = state.entropy
    this.#seal = state.seal
    this.#draw = state.draw
    this.#events = new DomainEvents(`lottery/${state.date}`, state.lastSeq)
  }

  /** @throws LotteryDatePast | LotteryDateTooFar */
  static open(date: CalendarDate, entropy: Entropy, at: Instant, cause: Cause, daysAhead?: number): Lottery {
    requireDateOpenable(date, at, daysAhead)
    const lottery = new Lottery({
      date,
      ledger: EMPTY_TREE,
      entropy,
      seal: null,
      draw: null,
      createdAt: at,
      lastSeq: 0,
    })
    lottery.#events.record('lottery.created.v1', at, cause, createdData(date, entropy))
    return lottery
  }

  static rehydrate(state: LotteryState): Lottery {
    const { size, hashes } = state.ledger
    if (!CompactRange.fits(size, hashes)) throw new LedgerBroken(state.date, 'its ballot count does not fit its ledger')
    return new Lottery(state)
  }

  get state(): LotteryState {
    return {
      date: this.date,
      ledger: this.#ledger.state,
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

  /** Size and root of the present ledger. */
  get head(): TreeHead {
    return this.#ledger.head
  }

  /**
   * Accepts one ballot under the next ordinal, as the next leaf of the ledger.
   * @throws ParticipantUnknown | ParticipantBanned | LotteryClosed
   */
  issue(ballot: { id: BallotId; userId: UserId; salt: Uint8Array; standing: Standing }, at: Instant): EnteredBallot {
    const { id, userId, salt, standing } = ballot
    requireActive(userId, standing)
    if (this.#seal || this.#isOver(at)) throw new LotteryClosed(this.date)

    const ordinal = this.#size + 1
    const issued = entered({ id, userId, lotteryDate: this.date, ordinal, submittedAt: at, salt })
    this.#ledger.append(issued.leaf)
    return issued
  }

  /**
   * Fixes the ballots of the draw: no ballot enters afterwards, and the excluded ballots cannot win. A lottery that is
   * sealed or closed already does not change.
   * @throws LotteryNotOver while the lottery's day lasts
   */
  sealWith({ excluded, last, round, createdEventId }: SealTerms, at: Instant, cause: Cause): void {
    if (this.#seal) return
    this.requireOver(at)

    const record = {
      number: last.number + 1,
      excludedCount: excluded.count,
      exclusionsHash: excluded.hash,
      round,
      previous: last.hash,
      at,
    }
    const facts = sealFactsOf(this.state, record)
    const hash = sealHash(facts)
    this.#seal = { ...record, hash }
    this.#events.record('lottery.sealed.v1', at, cause, sealedData(facts, hash, createdEventId))
  }

  /** @throws LotteryNotOver while the lottery's day lasts */
  requireOver(at: Instant): void {
    if (!this.#isOver(at)) throw new LotteryNotOver(this.date)
  }

  /**
   * Begins the draw. The drawing knows the winning ordinal once it was given all exclusions of the seal.
   * @throws LedgerBroken when the stored lottery is not the sealed one, or the secret does not fit its commitment
   */
  drawing(reveal: Reveal): Drawing {
    const seal = this.#sealToDraw()
    if (!sameBytes(sealHash(sealFactsOf(this.state, seal)), seal.hash)) {
      throw new LedgerBroken(this.date, 'its stored facts do not give its seal hash')
    }
    if (this.#entropy.kind === 'commit-reveal' && !sameBytes(commitmentTo(reveal), this.#entropy.commitment)) {
      throw new LedgerBroken(this.date, 'its secret does not fit its commitment')
    }
    const seed = seedOf(randomnessOf(this.#entropy, reveal), seal.hash)
    return new Drawing(this.date, seal, this.#size, reveal, seed)
  }

  /** Records the result of the draw, which is final. @throws LedgerBroken when other ballots are excluded than sealed */
  close(drawing: Drawing, winner: Ballot | undefined, at: Instant, cause: Cause): void {
    const seal = this.#sealToDraw()
    if (drawing.seal !== seal) throw new Error(`this is no drawing of the lottery of ${this.date}`)
    const drawn = drawing.winningOrdinal()
    if (winner?.ordinal !== drawn) {
      throw new Error(`the given winner of the lottery of ${this.date} is not the drawn ordinal, ${drawn ?? 'none'}`)
    }

    const { reveal } = drawing
    this.#draw = { reveal, winner: winner ? { ordinal: winner.ordinal, ballotId: winner.id } : null, at }
    this.#events.record('lottery.closed.v1', at, cause, closedData(this.date, seal.hash, reveal, winner))
  }

  takeEvents(): readonly DomainEvent[] {
    return this.#events.take()
  }

  /** Returns the subtrees that ballots filled since the last call. The caller must store them. */
  takeFilledSubtrees(): readonly Subtree[] {
    return this.#ledger.takeFilled()
  }

  #sealToDraw(): SealRecord {
    if (this.#seal && !this.#draw) return this.#seal
    throw new Error(`the lottery of ${this.date} cannot be drawn while it is ${this.status}`)
  }

  get #size(): number {
    return this.#ledger.size
  }

  #isOver(at: Instant): boolean {
    return at >= CalendarDate.endOf(this.date)
  }
}
