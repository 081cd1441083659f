import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import { headOf } from '../../ledger/domain/growing-tree.ts'
import { type BallotIds, isNamed } from '../domain/ballot.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import { ParticipantUnknown } from '../domain/errors.ts'
import { entered } from '../domain/ledger-entry.ts'
import type { BallotArchive } from './ballot-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'
import { signedCheckpoint } from './signed-checkpoint.ts'
import type { SubmitAnswer, SubmitBallotCommand, SubmitOutcome, SubmitQueue } from './submit-command.ts'

/**
 * Takes submits. A repeated one whose ballot has left the database is answered from the archive: the same idempotency key is
 * the same ballot for ever. The archive is asked only when a submit with a key is refused.
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
    return this.#orReplay(outcome, command, (date) => this.#checkpoint(date))
  }

  async submitBatch(batch: readonly SubmitBallotCommand[]): Promise<readonly SubmitAnswer[]> {
    const answers = await this.#queue.submitBatch(batch)
    const checkpointOf = oncePerDate((date) => this.#checkpoint(date))
    const replayed: SubmitAnswer[] = []
    for (const [n, answer] of answers.entries()) {
      const isFinal = answer instanceof Error || answer.kind === 'accepted'
      const command = batch[n] as SubmitBallotCommand
      replayed.push(isFinal ? answer : await this.#orReplay(answer, command, checkpointOf).catch(asError))
    }
    return replayed
  }

  /** The outcome of a submit, or the archived ballot of its key. */
  async #orReplay(
    outcome: SubmitOutcome,
    { userId, date, idempotencyKey: key }: SubmitBallotCommand,
    checkpointOf: (date: CalendarDate) => Promise<string | undefined>,
  ): Promise<SubmitOutcome> {
    if (outcome.kind === 'accepted' || date === undefined || key === undefined) return outcome
    if (outcome.error instanceof ParticipantUnknown) return outcome
    const checkpoint = await checkpointOf(date)
    if (checkpoint === undefined) return outcome
    for (const id of [this.#ids.derive(userId, date, key), this.#ids.formerlyDerived(userId, date, key)]) {
      const ballot = await this.#archive.ballot(date, id)
      if (ballot && isNamed(ballot)) return { kind: 'accepted', ballot: entered(ballot), replayed: true, checkpoint }
    }
    return outcome
  }

  /** Checkpoint of a lottery whose ballots are in the archive; undefined for every other date. */
  async #checkpoint(date: CalendarDate): Promise<string | undefined> {
    const lottery = (await this.#archive.holds(date)) ? await this.#queries.find(date) : undefined
    return lottery && signedCheckpoint(this.#signer, date, headOf(lottery.ledger))
  }
}

function oncePerDate<T>(find: (date: CalendarDate) => Promise<T>): (date: CalendarDate) => Promise<T> {
  const found = new Map<CalendarDate, Promise<T>>()
  return (date) => {
    const result = found.get(date) ?? find(date)
    found.set(date, result)
    return result
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('reading the archive failed', { cause: thrown })
}
