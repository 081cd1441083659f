import type { Counter } from 'prom-client'
import type { SubmitBallot, SubmitBallots, SubmitOutcome } from '../application/submit-ballots.ts'

/** Counts outcomes by code: `accepted`, `replayed`, or the code of the refusal. */
export class CountedSubmitBallots implements Pick<SubmitBallots, 'execute'> {
  readonly #submitBallots: SubmitBallots
  readonly #outcomes: Counter<'code'>

  constructor(submitBallots: SubmitBallots, outcomes: Counter<'code'>) {
    this.#submitBallots = submitBallots
    this.#outcomes = outcomes
  }

  async execute(commands: readonly SubmitBallot[]): Promise<SubmitOutcome[]> {
    const outcomes = await this.#submitBallots.execute(commands)
    for (const outcome of outcomes) this.#outcomes.inc({ code: codeOf(outcome) })
    return outcomes
  }
}

function codeOf(outcome: SubmitOutcome): string {
  if (outcome.kind === 'refused') return outcome.error.code
  return outcome.replayed ? 'replayed' : 'accepted'
}
