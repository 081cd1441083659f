import { setImmediate as immediate } from 'node:timers/promises'
import DataLoader from 'dataloader'
import { inHalves } from '../../shared/application/in-halves.ts'
import { Overloaded, Unavailable } from '../../shared/application/unavailable.ts'
import type { SubmitBallots } from '../application/submit-ballots.ts'
import type { SubmitBallotCommand, SubmitOutcome, SubmitQueue } from '../application/submit-command.ts'
import type { SubmitMetrics } from './submit-metrics.ts'

/** Maximum number of ballots in a batch: enough to make a commit cheap per ballot, few enough for a short lock. */
const MAX_BATCH = 1_000
/** Maximum number of callers that wait for their batch to start. */
const MAX_WAITING = 10_000
/** Maximum wait for a batch to start, in milliseconds; below the usual timeouts of clients and load balancers. */
const MAX_WAIT_MS = 3_000

/** Answer to a caller: an outcome, or an error to be thrown. */
type Answer = SubmitOutcome | Error

/** Callers of one turn of the event loop, in their order. */
interface Group {
  readonly commands: readonly SubmitBallotCommand[]
  /** Time of the group's arrival, in milliseconds of the monotonic clock. */
  readonly since: number
  readonly answer: (answers: readonly Answer[]) => void
}

/**
 * Gathers single submits into batches; each batch costs one commit. One batch is being stored at a time: the ballots of a
 * lottery wait for each other under its lock anyway, so a second batch would only wait in the database instead of here.
 * The trade-off: a caller that comes while a batch is being stored waits for the end of that batch and of its own. A
 * caller that finds no batch being stored waits for no other caller.
 *
 * States: idle; busy (a batch is being stored, new callers are gathered for the next batch, which starts when this one
 * ends); draining (idle or busy, but new callers are refused).
 *
 * Every caller gets exactly one answer: its ballot's outcome; the batch's error when the database is unavailable; its own
 * error when only its ballot fails; or Overloaded, and then the ballot was not and will not be stored.
 */
export class BatchingSubmitQueue implements SubmitQueue {
  readonly #submitBallots: Pick<SubmitBallots, 'execute'>
  readonly #metrics: SubmitMetrics
  readonly #turn: DataLoader<SubmitBallotCommand, SubmitOutcome>
  /** Oldest first. */
  #groups: Group[] = []
  #waiting = 0
  #busy: Promise<void> | undefined
  #draining = false
  #overdue: NodeJS.Timeout | undefined

  constructor(submitBallots: Pick<SubmitBallots, 'execute'>, metrics: SubmitMetrics) {
    this.#submitBallots = submitBallots
    this.#metrics = metrics
    metrics.watch(this)
    this.#turn = new DataLoader((commands) => this.#join(commands), {
      cache: false,
      maxBatchSize: MAX_BATCH,
      batchScheduleFn: (endOfTurn) => setImmediate(endOfTurn),
    })
  }

  /** Callers whose batch has not started yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** @throws Overloaded when too many callers wait, when this one has waited too long, and while draining */
  submit(command: SubmitBallotCommand): Promise<SubmitOutcome> {
    if (this.#draining || this.#waiting >= MAX_WAITING) return Promise.reject(this.#refusals(1)[0])
    this.#waiting += 1
    return this.#turn.load(command)
  }

  /** Refuses new callers from now on. Resolves when every earlier caller has its answer. */
  async drain(): Promise<void> {
    this.#draining = true
    while (this.#busy || this.#waiting > 0) await (this.#busy ?? immediate())
  }

  #join(commands: readonly SubmitBallotCommand[]): Promise<readonly Answer[]> {
    const { promise, resolve } = Promise.withResolvers<readonly Answer[]>()
    this.#groups.push({ commands, since: performance.now(), answer: resolve })
    if (!this.#busy) this.#startNext()
    this.#watchWaiting()
    return promise
  }

  /** Becomes busy with the next batch, or idle when no caller waits. */
  #startNext(): void {
    this.#refuseOverdue()
    let groups = 0
    let ballots = 0
    for (const { commands } of this.#groups) {
      ballots += commands.length
      if (ballots > MAX_BATCH) break
      groups += 1
    }
    const batch = this.#groups.splice(0, groups)
    this.#busy = batch.length === 0 ? undefined : this.#store(batch)
    if (this.#groups.length > 0) return
    clearTimeout(this.#overdue)
    this.#overdue = undefined
  }

  async #store(batch: readonly Group[]): Promise<void> {
    const commands = batch.flatMap((group) => group.commands)
    this.#waiting -= commands.length
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
  async #answersTo(commands: readonly SubmitBallotCommand[]): Promise<Answer[]> {
    const answers: Answer[] = []
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
    const [oldest] = this.#groups
    if (!oldest || this.#overdue) return
    this.#overdue = setTimeout(
      () => {
        this.#overdue = undefined
        this.#refuseOverdue()
        this.#watchWaiting()
      },
      Math.ceil(oldest.since + MAX_WAIT_MS - performance.now()),
    )
  }

  #refuseOverdue(): void {
    const limit = performance.now() - MAX_WAIT_MS
    for (let [oldest] = this.#groups; oldest && oldest.since <= limit; [oldest] = this.#groups) {
      this.#groups.shift()
      this.#waiting -= oldest.commands.length
      oldest.answer(this.#refusals(oldest.commands.length))
    }
  }

  #refusals(callers: number): readonly Overloaded[] {
    const refusals = Array<Overloaded>(callers).fill(new Overloaded())
    this.#metrics.answered(refusals)
    return refusals
  }
}
