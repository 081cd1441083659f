import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { headOf } from '../../ledger/domain/growing-tree.ts'
import { type BallotId, isNamed } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { BallotNotFound, LotteryNotFound } from '../domain/errors.ts'
import { type EnteredBallot, entered } from '../domain/ledger-entry.ts'
import type { BallotsOverArchive } from './ballots-over-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'

/** Makes the receipt of a ballot again, with a checkpoint of the present ledger. */
export class FindReceipt {
  readonly #queries: LotteryQueries
  readonly #ballots: BallotsOverArchive
  readonly #signer: CheckpointSigner

  constructor(queries: LotteryQueries, ballots: BallotsOverArchive, signer: CheckpointSigner) {
    this.#queries = queries
    this.#ballots = ballots
    this.#signer = signer
  }

  /** @throws LotteryNotFound | BallotNotFound, also when the ballot's user is forgotten */
  async execute(date: CalendarDate, id: BallotId): Promise<{ ballot: EnteredBallot; checkpoint: string }> {
    const lottery = await this.#queries.find(date)
    if (!lottery) throw new LotteryNotFound(date)
    const ballot = await this.#ballots.find(lottery, id)
    if (!ballot || !isNamed(ballot)) throw new BallotNotFound(date, id)
    // Read again: the ballot may have come after the lottery was read, and a receipt promises a ledger that includes it.
    const { ledger } = (await this.#queries.find(date)) ?? lottery
    return { ballot: entered(ballot), checkpoint: signedCheckpoint(this.#signer, date, headOf(ledger)) }
  }
}
