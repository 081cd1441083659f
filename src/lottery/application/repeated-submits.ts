import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { headOf } from '../../ledger/domain/growing-tree.ts'
import { type BallotId, type BallotIds, isNamed } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { ParticipantUnknown } from '../domain/errors.ts'
import { entered } from '../domain/ledger-entry.ts'
import type { BallotArchive } from './ballot-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'
import type { SubmitBallotCommand, SubmitOutcome, SubmitQueue } from './submit-command.ts'

/**
 * Takes single submits. A repeated one whose ballot has left the database is answered from the archive: the same idempotency
 * key is the same ballot for ever. The archive is asked only when a submit with a key is refused.
 */
export class RepeatedSubmits implements SubmitQueue {
  readonly #queue: SubmitQueue
  readonly #ids: BallotIds
  readonly #queries: LotteryQueries
  readonly #archive: BallotArchive
  readonly #signer: CheckpointSigner

  constructor(
    queue: SubmitQueue,
    ids: BallotIds,
    queries: LotteryQueries,
    archive: BallotArchive,
    signer: CheckpointSigner,
  ) {
    this.#queue = queue
    this.#ids = ids
    this.#queries = queries
    this.#archive = archive
    this.#signer = signer
  }

  async submit(command: SubmitBallotCommand): Promise<SubmitOutcome> {
    const outcome = await this.#queue.submit(command)
    const { userId, date, idempotencyKey: key } = command
    if (outcome.kind === 'accepted' || date === undefined || key === undefined) return outcome
    if (outcome.error instanceof ParticipantUnknown || !(await this.#archive.holds(date))) return outcome
    const ids = [this.#ids.derive(userId, date, key), this.#ids.formerlyDerived(userId, date, key)]
    return (await this.#replayed(date, ids)) ?? outcome
  }

  async #replayed(date: CalendarDate, ids: readonly BallotId[]): Promise<SubmitOutcome | undefined> {
    const lottery = await this.#queries.find(date)
    for (const id of lottery ? ids : []) {
      const ballot = await this.#archive.ballot(date, id)
      if (!lottery || !ballot || !isNamed(ballot)) continue
      const checkpoint = signedCheckpoint(this.#signer, date, headOf(lottery.ledger))
      return { kind: 'accepted', ballot: entered(ballot), replayed: true, checkpoint }
    }
    return undefined
  }
}
