import { setImmediate as immediate } from 'node:timers/promises'
import DataLoader from 'dataloader'
import { Overloaded } from '../../shared/application/overloaded.ts'
import { DomainError } from '../../shared/domain/domain-error.ts'
import type { SubmitBallotCommand, SubmitBallots, SubmitOutcome } from '../application/submit-ballots.ts'
import type { SubmitMetrics } from './submit-metrics.ts'

/** Ballots in a list at most: enough to make the cost of a commit vanish, few enough to keep the lottery's lock short. */
const MAX_LIST = 1_000
/** Callers that wait for their list to start, at most. */
const MAX_WAITING = 10_000
/** Milliseconds that anybody waits for that, at most; below what clients and load balancers put up with. */
const MAX_WAIT_MS = 3_000

/** What a caller is told: an outcome, or an error to be thrown. */
type Answer = SubmitOutcome | Error

/** Callers of the same turn of the event loop, in their order. */
interface Group {
  readonly commands: readonly SubmitBallotCommand[]
  /** When they came, in milliseconds of the monotonic clock. */
  readonly since: number
  readonly answer: (answers: readonly Answer[]) => void
}

/**
 * Gathers single submits into lists, each of which costs one commit. One list is on its way at a time: ballots of a
 * lottery wait for each other under its lock anyway, so a second list would only wait in the database instead of here.
 * The trade-off: a caller who comes while a list is on its way waits for the end of that one and then for its own; a
 * caller who finds nothing on its way waits for nobody.
 *
 * States: idle; busy (a list is on its way, whoever comes is gathered for the next one, which starts the moment this one
 * ends); draining (idle or busy, but whoever comes is refused).
 *
 * Whoever came is answered once: with the outcome of their own ballot; with the error of the list if the database was
 * away; with an error of their own if that ballot alone cannot be taken in; or with Overloaded, and then the ballot is
 * not submitted, neither before nor later.
 */
export class BatchingSubmitQueue {
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
      maxBatchSize: MAX_LIST,
      batchScheduleFn: (endOfTurn) => setImmediate(endOfTurn),
    })
  }

  /** Callers whose list has not started yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** @throws Overloaded when too many wait, when this one has waited too long, and while draining */
  execute(command: SubmitBallotCommand): Promise<SubmitOutcome> {
    if (this.#draining || this.#waiting >= MAX_WAITING) return Promise.reject(this.#refusals(1)[0])
    this.#waiting += 1
    return this.#turn.load(command)
  }

  /** Refuses whoever comes from now on; resolves when everybody who came before is answered. */
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

  /** Busy with the next list, or idle when there is none. */
  #startNext(): void {
    this.#refuseOverdue()
    let [groups, ballots] = [0, 0]
    for (const { commands } of this.#groups) {
      ballots += commands.length
      if (ballots > MAX_LIST) break
      groups += 1
    }
    const list = this.#groups.splice(0, groups)
    this.#busy = list.length === 0 ? undefined : this.#submit(list)
    if (this.#groups.length > 0) return
    clearTimeout(this.#overdue)
    this.#overdue = undefined
  }

  async #submit(list: readonly Group[]): Promise<void> {
    const commands = list.flatMap((group) => group.commands)
    this.#waiting -= commands.length
    const answers = await this.#answersTo(commands)
    this.#startNext()
    this.#metrics.answered(answers)
    let from = 0
    for (const { commands: own, answer } of list) {
      answer(answers.slice(from, from + own.length))
      from += own.length
    }
  }

  /**
   * The list in one piece; or, where that fails with nothing stored and no fault of the database, in halves of halves
   * until the ballots that cannot be taken in are alone. They go in their order: the part to come next is the last one.
   */
  async #answersTo(commands: readonly SubmitBallotCommand[]): Promise<Answer[]> {
    const answers: Answer[] = []
    const parts = [commands]
    for (let part = parts.pop(); part; part = parts.pop()) {
      try {
        this.#metrics.listStarted(part.length)
        answers.push(...(await this.#submitBallots.execute(part)))
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error('submitting failed', { cause: thrown })
        if (error instanceof DomainError && error.kind === 'unavailable') {
          return [...answers, ...Array<Error>(commands.length - answers.length).fill(error)]
        }
        const half = part.length >> 1
        if (half > 0) parts.push(part.slice(half), part.slice(0, half))
        else answers.push(error)
      }
    }
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
