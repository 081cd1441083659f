import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { DomainError } from '../../shared/domain/domain-error.ts'
import type { SubmitOutcome } from '../application/submit-ballots.ts'

/** Counts submits, a list at a time: a label is looked up once for each code of a list, not once for each ballot. */
export class SubmitMetrics {
  readonly #registry: Registry
  readonly #outcomes: Counter<'code'>
  readonly #sizes: Histogram

  constructor(registry: Registry) {
    this.#registry = registry
    this.#outcomes = new Counter({
      name: 'lottery_submits_total',
      help: 'Submitted ballots by outcome: accepted, replayed, or the code of the refusal or failure',
      labelNames: ['code'],
      registers: [registry],
    })
    this.#sizes = new Histogram({
      name: 'lottery_submit_batch_size',
      help: 'Ballots that were handed to the database in one list; their number is that of the lists',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
      registers: [registry],
    })
  }

  watch(queue: { readonly waiting: number }): void {
    new Gauge({
      name: 'lottery_submits_waiting',
      help: 'Submits whose list has not started yet',
      registers: [this.#registry],
      collect() {
        this.set(queue.waiting)
      },
    })
  }

  listStarted(size: number): void {
    this.#sizes.observe(size)
  }

  answered(answers: readonly (SubmitOutcome | Error)[]): void {
    const counts = new Map<string, number>()
    for (const answer of answers) {
      const code = codeOf(answer)
      counts.set(code, (counts.get(code) ?? 0) + 1)
    }
    for (const [code, count] of counts) this.#outcomes.inc({ code }, count)
  }
}

function codeOf(answer: SubmitOutcome | Error): string {
  if (answer instanceof Error) return answer instanceof DomainError ? answer.code : 'internal_error'
  if (answer.kind === 'refused') return answer.error.code
  return answer.replayed ? 'replayed' : 'accepted'
}
