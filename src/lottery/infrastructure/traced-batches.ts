import { inSpan, type Span, type Tracer } from '../../shared/application/tracer.ts'
import type { SubmitBallots } from '../application/submit-ballots.ts'
import type { SubmitBallotCommand, SubmitOutcome, SubmitQueue } from '../application/submit-command.ts'

/**
 * Makes a span of each batch of submits. The batch belongs to the trace of its first caller, and is linked with the requests
 * of all its callers, in both directions: each of them leads to the batch that stored its ballot. Callers that are not
 * recorded do not count, and a batch of such callers alone is not recorded.
 */
export class TracedBatches implements Pick<SubmitBallots, 'execute'> {
  readonly #tracer: Tracer
  readonly #submitBallots: Pick<SubmitBallots, 'execute'>
  readonly #callers = new WeakMap<SubmitBallotCommand, Span>()

  constructor(tracer: Tracer, submitBallots: Pick<SubmitBallots, 'execute'>) {
    this.#tracer = tracer
    this.#submitBallots = submitBallots
  }

  /** The same queue, whose callers are remembered until their batch. */
  callersOf(queue: SubmitQueue): SubmitQueue {
    const remember = (commands: readonly SubmitBallotCommand[]) => {
      const span = this.#tracer.current()
      if (span) for (const command of commands) this.#callers.set(command, span)
    }
    return {
      submit: (command) => {
        remember([command])
        return queue.submit(command)
      },
      submitBatch: (batch) => {
        remember(batch)
        return queue.submitBatch(batch)
      },
    }
  }

  execute(batch: readonly SubmitBallotCommand[]): Promise<SubmitOutcome[]> {
    const callers = [...new Set(batch.flatMap((command) => this.#callers.get(command) ?? []))]
    const work = () => this.#submitBallots.execute(batch)
    const [first] = callers
    // A batch starts in the surroundings of any caller, of an earlier batch perhaps.
    if (!first) return this.#tracer.within(undefined, work)
    const facts = { 'lottery.batch.ballots': batch.length }
    const span = this.#tracer.start('batch', { parent: first, links: callers, facts })
    for (const caller of callers) caller.linkTo(span)
    return inSpan(this.#tracer, span, work)
  }
}
