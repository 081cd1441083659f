import { setImmediate as immediate } from 'node:timers/promises'
import DataLoader from 'dataloader'
import { inHalves } from '../../shared/application/in-halves.ts'
import { Overloaded, Unavailable } from '../../shared/application/unavailable.ts'
import type { SubmitBallots } from '../application/submit-ballots.ts'
import type { SubmitAnswer, SubmitBallotCommand, SubmitOutcome, SubmitQueue } from '../application/submit-command.ts'
import type { SubmitMetrics } from './submit-metrics.ts'
import { type Group, WaitingSubmits } from './waiting-submits.ts'

/** Maximum number of ballots in a batch: enough to make a commit cheap per ballot, few enough for a short lock. */
const MAX_BATCH = 1_000
/** Ballots of a caller's own batch that are stored at once while single submits, which wait for them, come. */
const SLICE = 100
/** Maximum number of single submits that wait to be stored. As many ballots of callers' own batches may wait besides. */
const MAX_WAITING = 10_000
/** Maximum wait for a batch to start, in milliseconds; below the usual timeouts of clients and load balancers. */
const MAX_WAIT_MS = 3_000

/**
 * Gathers single submits into batches; each batch costs one commit. One batch is being stored at a time: the ballots of a
 * lottery wait for each other under its lock anyway, so a second batch would only wait in the database instead of here.
 * The trade-off: a caller that comes while a batch is being stored waits for the end of that batch and of its own. A
 * caller that finds no batch being stored waits for no other caller.
 *
 * A caller's own batch is cut into slices. While single submits come, they and the slices take turns: between two batches of
 * single submits there is one slice at most, however many callers submit batches. Else slices are stored together too.
 *
 * States: idle; busy (a batch is being stored, new callers are gathered for the next batch, which starts when this one
 * ends); draining (idle or busy, but new callers are refused).
 *
 * Every ballot gets exactly one answer: its outcome; the batch's error when the database is unavailable; its own error when
 * only this ballot fails; or Overloaded, and then the ballot was not and will not be stored.
 */
export class BatchingSubmitQueue implements SubmitQueue {
  readonly #submitBallots: Pick<SubmitBallots, 'execute'>
  readonly #metrics: SubmitMetrics
  readonly #turn: DataLoader<SubmitBallotCommand, SubmitOutcome>
  readonly #groups = new WaitingSubmits()
  /** Ballots that are not being stored yet. */
  readonly #ballots: Record<Group['kind'], number> = { singles: 0, slice: 0 }
  #busy: Promise<void> | undefined
  #draining = false
  #overdue: NodeJS.Timeout | undefined

  constructor(submitBallots: Pick<SubmitBallots, 'execute'>, metrics: SubmitMetrics) {
    this.#submitBallots = submitBallots
    this.#metrics = metrics
    metrics.watch(this)
    this.#turn = new DataLoader((commands) => this.#add('singles', [commands]), {
      cache: false,
      maxBatchSize: MAX_BATCH,
      batchScheduleFn: (endOfTurn) => setImmediate(endOfTurn),
    })
  }

  /** Ballots whose batch or slice has not started yet. */
  get waiting(): number {
    return this.#ballots.singles + this.#ballots.slice
  }

  /** @throws Overloaded when too many callers wait, when this one has waited too long, and while draining */
  submit(command: SubmitBallotCommand): Promise<SubmitOutcome> {
    if (this.#draining || this.#ballots.singles >= MAX_WAITING) return Promise.reject(this.#refusals(1)[0])
    this.#ballots.singles += 1
    return this.#turn.load(command)
  }

  /** @throws Overloaded when too many ballots of batches wait, and while draining */
  async submitBatch(batch: readonly SubmitBallotCommand[]): Promise<readonly SubmitAnswer[]> {
    const isTooMuch = this.#ballots.slice + batch.length > MAX_WAITING
    if (this.#draining || isTooMuch) throw this.#refusals(batch.length)[0]
    this.#ballots.slice += batch.length
    const slices = Array.from({ length: Math.ceil(batch.length / SLICE) }, (_, n) =>
      batch.slice(n * SLICE, (n + 1) * SLICE),
    )
    return this.#add('slice', slices)
  }

  /** Refuses new callers from now on. Resolves when every earlier caller has its answer. */
  async drain(): Promise<void> {
    this.#draining = true
    while (this.#busy || this.waiting > 0) await (this.#busy ?? immediate())
  }

  async #add(kind: Group['kind'], groups: readonly (readonly SubmitBallotCommand[])[]): Promise<SubmitAnswer[]> {
    const answers = groups.map((commands) => {
      const { promise, resolve } = Promise.withResolvers<readonly SubmitAnswer[]>()
      this.#groups.add({ kind, commands, since: performance.now(), answer: resolve })
      return promise
    })
    if (!this.#busy) this.#startNext()
    this.#watchWaiting()
    return (await Promise.all(answers)).flat()
  }

  /** Becomes busy with the next batch, or idle when no caller waits. */
  #startNext(): void {
    this.#refuseOverdue()
    const batch = this.#groups.takeNext(MAX_BATCH)
    this.#busy = batch.length === 0 ? undefined : this.#store(batch)
    if (!this.#groups.areNone) return
    clearTimeout(this.#overdue)
    this.#overdue = undefined
  }

  async #store(batch: readonly Group[]): Promise<void> {
    const commands = batch.flatMap((group) => group.commands)
    for (const group of batch) this.#ballots[group.kind] -= group.commands.length
    const answers = await this.#answersTo(commands)
    this.#startNext()
    this.#metrics.answered(answers)
    let from = 0
    for (const { commands: own, answer } of batch) {
      answer(answers.slice(from, from + own.length))
      from += own.length
    }
  }

  /**
   * Submits the batch in one piece. When that fails with nothing stored and the database is not the reason, halves of it
   * are submitted in their order, until each ballot that cannot be stored is alone.
   */
  async #answersTo(commands: readonly SubmitBallotCommand[]): Promise<SubmitAnswer[]> {
    const answers: SubmitAnswer[] = []
    await inHalves(commands, async (part) => {
      try {
        this.#metrics.batchStarted(part.length)
        answers.push(...(await this.#submitBallots.execute(part)))
        return 'done'
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error('submitting failed', { cause: thrown })
        if (error instanceof Unavailable) {
          answers.push(...Array<Error>(commands.length - answers.length).fill(error))
          return 'stop'
        }
        if (part.length > 1) return 'halve'
        answers.push(error)
        return 'done'
      }
    })
    return answers
  }

  #watchWaiting(): void {
    const { oldestSince } = this.#groups
    if (oldestSince === undefined || this.#overdue) return
    this.#overdue = setTimeout(
      () => {
        this.#overdue = undefined
        this.#refuseOverdue()
        this.#watchWaiting()
      },
      Math.ceil(oldestSince + MAX_WAIT_MS - performance.now()),
    )
  }

  #refuseOverdue(): void {
    for (const { kind, commands, answer } of this.#groups.takeSince(performance.now() - MAX_WAIT_MS)) {
      this.#ballots[kind] -= commands.length
      answer(this.#refusals(commands.length))
    }
  }

  #refusals(ballots: number): readonly Overloaded[] {
    const refusals = Array<Overloaded>(ballots).fill(new Overloaded())
    this.#metrics.answered(refusals)
    return refusals
  }
}
