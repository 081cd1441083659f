import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { seedOf } from '../domain/draw.ts'
import { type BeaconChain, type Entropy, isOfChain, type Reveal, randomnessOf } from '../domain/entropy.ts'
import { EvidenceNotReady, LotteryNotClosed, LotteryNotFound } from '../domain/errors.ts'
import { type EnteredBallot, entered } from '../domain/ledger-entry.ts'
import { sealFactsOf } from '../domain/lottery-state.ts'
import { type Seal, sealBytes } from '../domain/seal.ts'
import type { AuditTrail, LotteryTrail } from './audit-trail.ts'
import type { ExcludedBallot, LotteryQueries } from './lottery-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'
import type { WinningBallots } from './winning-ballots.ts'

/** Exclusions in memory at once. */
const PAGE = 500

/** Facts with which an outsider recomputes a draw (lottery-draw-v2 section 5). */
export interface Evidence {
  readonly date: CalendarDate
  readonly seal: Seal
  readonly sealBytes: Uint8Array
  readonly sealHash: Hash
  /** The excluded ballots, one page in memory at a time. */
  readonly exclusions: AsyncIterable<readonly ExcludedBallot[]>
  readonly checkpoint: string
  readonly verifierKey: string
  readonly entropy: Entropy
  readonly chain: BeaconChain
  readonly reveal: Reveal
  readonly seed: Hash
  readonly winner: { readonly ballot: EnteredBallot; readonly proof: readonly Hash[] } | null
  readonly trail: LotteryTrail
}

export class FindEvidence {
  readonly #queries: LotteryQueries
  readonly #winners: WinningBallots
  readonly #signer: CheckpointSigner
  readonly #chain: BeaconChain
  readonly #auditTrail: AuditTrail

  constructor(
    queries: LotteryQueries,
    winners: WinningBallots,
    signer: CheckpointSigner,
    chain: BeaconChain,
    auditTrail: AuditTrail,
  ) {
    this.#queries = queries
    this.#winners = winners
    this.#signer = signer
    this.#chain = chain
    this.#auditTrail = auditTrail
  }

  /** @throws LotteryNotFound | LotteryNotClosed | EvidenceNotReady */
  async execute(date: CalendarDate): Promise<Evidence> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    const { entropy, seal: record, draw } = lottery
    if (!record || !draw) throw new LotteryNotClosed(date)
    const trail = await this.#auditTrail.ofLottery(date)
    if (!trail) throw new EvidenceNotReady(date)

    if (entropy.kind === 'drand' && !isOfChain(entropy.chainHash, this.#chain)) {
      throw new Error(`the evidence of ${date} needs a beacon chain that is not configured`)
    }
    const seal = sealFactsOf(lottery, record)
    return {
      date,
      seal,
      sealBytes: sealBytes(seal),
      sealHash: record.hash,
      exclusions: this.#exclusions(date),
      checkpoint: signedCheckpoint(this.#signer, date, { size: seal.ballotCount, root: seal.root }),
      verifierKey: this.#signer.verifierKey,
      entropy,
      chain: this.#chain,
      reveal: draw.reveal,
      seed: seedOf(randomnessOf(entropy, draw.reveal), record.hash),
      winner: draw.winner && (await this.#winner(date, draw.winner.ordinal, seal.ballotCount)),
      trail,
    }
  }

  async #winner(date: CalendarDate, ordinal: number, size: number): Promise<Evidence['winner']> {
    const ballot = await this.#winners.find(date, ordinal)
    return { ballot: entered(ballot), proof: await this.#winners.proof(date, ordinal, size) }
  }

  async *#exclusions(date: CalendarDate): AsyncGenerator<readonly ExcludedBallot[]> {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: readonly ExcludedBallot[] = await this.#queries.exclusions({ date, after, limit: PAGE })
      yield page
      after = page.length < PAGE ? undefined : page.at(-1)?.ordinal
    }
  }
}
