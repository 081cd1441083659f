import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { InvalidLedgerSize } from '../../ledger/domain/errors.ts'
import { headOf } from '../../ledger/domain/growing-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { BallotId } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { BallotNotFound, LotteryNotFound } from '../domain/errors.ts'
import { ballotLeafOf } from '../domain/ledger-entry.ts'
import { type LedgerNodes, LedgerProofs } from '../domain/ledger-proofs.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { BallotsOverArchive } from './ballots-over-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'

/** Ballots in memory at once while a whole ledger is sent. */
const PAGE = 250

export interface InclusionProof {
  readonly ordinal: number
  readonly size: number
  readonly leafHash: Hash
  readonly root: Hash
  readonly proof: readonly Hash[]
}

/** Reads the public facts of a lottery's ledger. */
export class ReadLedger {
  readonly #queries: LotteryQueries
  readonly #ballots: BallotsOverArchive
  readonly #nodes: LedgerNodes
  readonly #proofs: LedgerProofs
  readonly #signer: CheckpointSigner

  constructor(queries: LotteryQueries, ballots: BallotsOverArchive, nodes: LedgerNodes, signer: CheckpointSigner) {
    this.#queries = queries
    this.#ballots = ballots
    this.#nodes = nodes
    this.#proofs = new LedgerProofs(nodes)
    this.#signer = signer
  }

  /** Returns the signed note over the present ledger; final once the lottery is sealed. @throws LotteryNotFound */
  async checkpoint(date: CalendarDate): Promise<{ note: string; isFinal: boolean }> {
    const { ledger, seal } = await this.#find(date)
    return { note: signedCheckpoint(this.#signer, date, headOf(ledger)), isFinal: seal !== null }
  }

  /** Signed note over the ledger of the size of a proof. */
  checkpointOf(date: CalendarDate, { size, root }: InclusionProof): string {
    return signedCheckpoint(this.#signer, date, { size, root })
  }

  /** Returns all entries of the present ledger in ordinal order, one page in memory at a time. @throws LotteryNotFound */
  async entries(date: CalendarDate): Promise<{ pages: AsyncGenerator<Uint8Array[]>; isFinal: boolean }> {
    const { ledger, seal } = await this.#find(date)
    return { pages: this.#pages(date, ledger.size), isFinal: seal !== null }
  }

  /**
   * Proof that a ballot is in the ledger of this size; without a size, in the present ledger.
   * @throws LotteryNotFound | BallotNotFound | InvalidLedgerSize
   */
  async inclusion(date: CalendarDate, id: BallotId, size: number | undefined): Promise<InclusionProof> {
    const lottery = await this.#find(date)
    const { ledger } = lottery
    const ballot = await this.#ballots.find(lottery, id)
    if (!ballot) throw new BallotNotFound(date, id)
    const within = size ?? ledger.size
    if (within < ballot.ordinal || within > ledger.size) {
      throw InvalidLedgerSize.forInclusion(ballot.ordinal, ledger.size, `the ledger of ${date}`)
    }
    const peaks = within === ledger.size ? ledger.hashes : []
    const { proof, root } = await this.#proofs.inclusion(date, ballot.ordinal, within, peaks)
    return { ordinal: ballot.ordinal, size: within, leafHash: ballotLeafOf(ballot), root, proof }
  }

  /**
   * Proof that the ledger of `from` ballots is the beginning of the ledger of `to` ballots.
   * @throws LotteryNotFound | InvalidLedgerSize
   */
  async consistency(date: CalendarDate, from: number, to: number): Promise<readonly Hash[]> {
    const { ledger } = await this.#find(date)
    if (from > to || to > ledger.size) throw InvalidLedgerSize.forConsistency(ledger.size, `the ledger of ${date}`)
    return this.#proofs.consistency(date, from, to)
  }

  async *#pages(date: CalendarDate, size: number): AsyncGenerator<Uint8Array[]> {
    for (let from = 1; from <= size; from += PAGE) {
      const page = await this.#nodes.entries(date, from, Math.min(from + PAGE - 1, size))
      yield page.map(({ entry }) => entry)
    }
  }

  async #find(date: CalendarDate): Promise<LotteryState> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    return lottery
  }
}
