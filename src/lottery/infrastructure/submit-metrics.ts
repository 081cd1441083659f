import { Counter, Histogram, type Registry } from 'prom-client'
import { ServiceError } from '../../shared/domain/service-error.ts'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { SubmitAnswer } from '../application/submit-command.ts'

export interface SubmitMetrics {
  /** Exposes the number of submits that wait in the queue. */
  watch(queue: { readonly waiting: number }): void
  batchStarted(size: number): void
  answered(answers: readonly SubmitAnswer[]): void
}

export function registerSubmitMetrics(registry: Registry): SubmitMetrics {
  const outcomes = new Counter({
    name: 'lottery_submits_total',
    help: 'Submitted ballots by outcome: accepted, replayed, or the code of the refusal or failure',
    labelNames: ['code'],
    registers: [registry],
  })
  const sizes = new Histogram({
    name: 'lottery_submit_batch_size',
    help: 'Ballots in each batch that was sent to the database',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
    registers: [registry],
  })
  return {
    watch: (queue) =>
      readGauge(
        registry,
        { name: 'lottery_submits_waiting', help: 'Submits whose batch has not started yet', isOfProcess: true },
        () => queue.waiting,
      ),
    batchStarted: (size) => sizes.observe(size),
    answered: (answers) => {
      for (const [code, count] of countCodes(answers)) outcomes.inc({ code }, count)
    },
  }
}

/** Counts a whole batch first, so that a label is looked up once for each code and not once for each ballot. */
function countCodes(answers: readonly SubmitAnswer[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const answer of answers) {
    const code = codeOf(answer)
    counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return counts
}

function codeOf(answer: SubmitAnswer): string {
  if (answer instanceof Error) return answer instanceof ServiceError ? answer.code : 'internal_error'
  if (answer.kind === 'refused') return answer.error.code
  return answer.replayed ? 'replayed' : 'accepted'
}
