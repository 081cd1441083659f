import { OutcomeUnknown } from '../../shared/application/unavailable.ts'
import { ServiceError } from '../../shared/domain/service-error.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { SubmitAnswer, SubmitBallotCommand, SubmitQueue } from './submit-command.ts'

/**
 * Submits a batch of one caller. The n-th answer is that of the n-th ballot, and equals the answer to a single submit in its
 * place. The receipts of one lottery share a checkpoint: that of the last of them, whose ledger contains the others too.
 */
export class SubmitBatch {
  readonly #queue: SubmitQueue

  constructor(queue: SubmitQueue) {
    this.#queue = queue
  }

  /** @throws ServiceError of the kind `unavailable` when no ballot has an outcome, since the service cannot do the work now */
  async execute(batch: readonly SubmitBallotCommand[]): Promise<readonly SubmitAnswer[]> {
    const answers = await this.#queue.submitBatch(batch)
    const failure = failureOfAll(answers)
    if (failure) throw failure
    return withSharedCheckpoints(answers)
  }
}

/** Failure of the batch as a whole. It is OutcomeUnknown when some of the ballots may be stored. */
function failureOfAll(answers: readonly SubmitAnswer[]): Error | undefined {
  const failures = answers.flatMap((answer) =>
    answer instanceof ServiceError && answer.kind === 'unavailable' ? answer : [],
  )
  if (failures.length < answers.length) return undefined
  return failures.find((failure) => failure instanceof OutcomeUnknown) ?? failures[0]
}

function withSharedCheckpoints(answers: readonly SubmitAnswer[]): SubmitAnswer[] {
  const last = new Map<CalendarDate, string>()
  for (const answer of answers) {
    if (!(answer instanceof Error) && answer.kind === 'accepted') last.set(answer.ballot.lotteryDate, answer.checkpoint)
  }
  return answers.map((answer) => {
    if (answer instanceof Error || answer.kind === 'refused') return answer
    return { ...answer, checkpoint: last.get(answer.ballot.lotteryDate) ?? answer.checkpoint }
  })
}
