import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { seedOf } from '../domain/draw.ts'
import { type BeaconChain, type Entropy, isOfChain, type Reveal, randomnessOf } from '../domain/entropy.ts'
import { LotteryNotClosed, LotteryNotFound } from '../domain/errors.ts'
import { ledgerEntryOf } from '../domain/ledger-entry.ts'
import { type LedgerNodes, LedgerProofs } from '../domain/ledger-proofs.ts'
import { type SealRecord, sealFactsOf } from '../domain/lottery-state.ts'
import { type Seal, sealBytes } from '../domain/seal.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'

/** Facts with which an outsider recomputes a draw (lottery-draw-v1 section 5). */
export interface Evidence {
  readonly date: CalendarDate
  readonly seal: Seal
  readonly sealRecord: SealRecord
  readonly sealBytes: Uint8Array
  readonly checkpoint: string
  readonly verifierKey: string
  readonly entropy: Entropy
  readonly chain: BeaconChain
  readonly reveal: Reveal
  readonly seed: Hash
  readonly winner: { readonly ordinal: number; readonly entry: Uint8Array; readonly proof: readonly Hash[] } | null
}

export class FindEvidence {
  readonly #queries: LotteryQueries
  readonly #nodes: LedgerNodes
  readonly #signer: CheckpointSigner
  readonly #chain: BeaconChain

  constructor(queries: LotteryQueries, nodes: LedgerNodes, signer: CheckpointSigner, chain: BeaconChain) {
    this.#queries = queries
    this.#nodes = nodes
    this.#signer = signer
    this.#chain = chain
  }

  /** @throws LotteryNotFound | LotteryNotClosed */
  async execute(date: CalendarDate): Promise<Evidence> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    const { entropy, seal: sealRecord, draw } = lottery
    if (!sealRecord || !draw) throw new LotteryNotClosed(date)

    if (entropy.kind === 'drand' && !isOfChain(entropy.chainHash, this.#chain)) {
      throw new Error(`the evidence of ${date} needs a beacon chain that is not configured`)
    }
    const seal = sealFactsOf({ ...lottery, seal: sealRecord })
    return {
      date,
      seal,
      sealRecord,
      sealBytes: sealBytes(seal),
      checkpoint: signedCheckpoint(this.#signer, date, { size: seal.ballotCount, root: seal.root }),
      verifierKey: this.#signer.verifierKey,
      entropy,
      chain: this.#chain,
      reveal: draw.reveal,
      seed: seedOf(randomnessOf(entropy, draw.reveal), sealRecord.hash),
      winner: draw.winner && (await this.#winner(date, draw.winner.ordinal, seal.ballotCount)),
    }
  }

  async #winner(date: CalendarDate, ordinal: number, size: number): Promise<Evidence['winner']> {
    const [ballot] = await this.#nodes.range(date, ordinal, ordinal)
    if (!ballot) throw new Error(`the winning ballot, ordinal ${ordinal} of the lottery of ${date}, is not stored`)
    const { proof } = await new LedgerProofs(this.#nodes).inclusion(date, ordinal, size)
    return { ordinal, entry: ledgerEntryOf(ballot), proof }
  }
}
