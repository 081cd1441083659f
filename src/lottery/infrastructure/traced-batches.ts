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
    return {
      submit: (command) => {
        const span = this.#tracer.current()
        if (span) this.#callers.set(command, span)
        return queue.submit(command)
      },
    }
  }

  execute(batch: readonly SubmitBallotCommand[]): Promise<SubmitOutcome[]> {
    const callers = batch.flatMap((command) => this.#callers.get(command) ?? [])
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
