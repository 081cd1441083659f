import { setImmediate as turn } from 'node:timers/promises'
import { problemOf } from '../../shared/api/problem-of.ts'
import type { SubmitAnswer } from '../application/submit-command.ts'
import { toReceiptBody } from './receipt-schema.ts'

/** Results that are written in one turn of the event loop, so that other requests wait for a millisecond at most. */
const PER_TURN = 250

/** The results of a batch as JSON, in the order of its ballots. */
export async function batchText(answers: readonly SubmitAnswer[], request: { readonly id: string }): Promise<string> {
  const pieces: string[] = []
  for (const [n, answer] of answers.entries()) {
    if (n > 0 && n % PER_TURN === 0) await turn()
    pieces.push(JSON.stringify(resultOf(answer, request)))
  }
  return `{"results":[${pieces.join(',')}]}`
}

function resultOf(answer: SubmitAnswer, request: { readonly id: string }) {
  if (!(answer instanceof Error) && answer.kind === 'accepted') {
    const { ballot, checkpoint, replayed } = answer
    return { status: 201, receipt: toReceiptBody(ballot, checkpoint), replayed }
  }
  const problem = problemOf(answer instanceof Error ? answer : answer.error, request)
  return { status: problem.status, problem }
}
