import type { Hash } from '../../ledger/domain/sha256.ts'
import { NodeMissing } from '../../ledger/domain/tree-proofs.ts'
import type { Ballot } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { type LedgerNodes, LedgerProofs } from '../domain/ledger-proofs.ts'
import type { KeptBallots } from './kept-ballots.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** Finds winning ballots and their proofs: among all ballots, or among the kept ones once the others left the database. */
export class WinningBallots {
  readonly #queries: LotteryQueries
  readonly #proofs: LedgerProofs
  readonly #kept: KeptBallots

  constructor(queries: LotteryQueries, nodes: LedgerNodes, kept: KeptBallots) {
    this.#queries = queries
    this.#proofs = new LedgerProofs(nodes)
    this.#kept = kept
  }

  /** @throws Error when the ballot is stored in neither place */
  async find(date: CalendarDate, ordinal: number): Promise<Ballot> {
    const stored = await this.#queries.ballotAt(date, ordinal)
    if (stored) return stored
    const kept = await this.#kept.find(date, ordinal)
    if (!kept) throw new Error(`the winning ballot, ordinal ${ordinal} of the lottery of ${date}, is not stored`)
    const { proof: _proof, ...ballot } = kept
    return ballot
  }

  /** Proof that the winning ballot is in the sealed ledger of this size. @throws NodeMissing when no proof is stored */
  async proof(date: CalendarDate, ordinal: number, size: number): Promise<readonly Hash[]> {
    try {
      return (await this.#proofs.inclusion(date, ordinal, size)).proof
    } catch (error) {
      const kept = error instanceof NodeMissing ? await this.#kept.find(date, ordinal) : undefined
      if (!kept?.proof) throw error
      return kept.proof
    }
  }
}
