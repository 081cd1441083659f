import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AggregatorRegistry } from 'prom-client'
import type { FromWorker, Ports, Scraped } from './worker.ts'

export { ThisWorker } from './worker.ts'

interface WorkersSettings {
  readonly count: number
  /** Variables that the workers have besides those of this process. */
  readonly environment: Readonly<Record<string, string>>
  /** Ends the start, and the starting of workers in place of others. */
  readonly signal: AbortSignal
  readonly log: Logger
}

/** Milliseconds before a worker that could not start is started again. They double from try to try. */
const PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

/** Worker processes that serve at the same ports. This process is their primary. */
export class Workers {
  readonly #settings: WorkersSettings
  readonly #registry = new AggregatorRegistry()

  constructor(settings: WorkersSettings) {
    this.#settings = settings
  }

  /** Resolves when all workers serve. @throws Error with the reason of the first worker that could not start */
  async start(): Promise<Ports> {
    const { count, signal } = this.#settings
    signal.throwIfAborted()
    const aborted = once(signal, 'abort').then(() => signal.throwIfAborted())
    const starts = Array.from({ length: count }, () => {
      const first = Promise.withResolvers<Ports>()
      this.#fork(PAUSE_MS, first)
      return first.promise
    })
    await Promise.race([Promise.all(starts), aborted])
    return Promise.race(starts)
  }

  /** Resolves when all workers have ended, each after a stop in order. */
  async stop(): Promise<void> {
    await Promise.all(
      Object.values(cluster.workers ?? {}).map(async (worker) => {
        if (worker?.process.pid === undefined || worker.isDead()) return
        const ended = once(worker, 'exit')
        worker.process.kill('SIGTERM')
        await ended
      }),
    )
  }

  /** @param first absent for a worker in place of another one, which is started again when it cannot start */
  #fork(pauseMs: number, first?: PromiseWithResolvers<Ports>): void {
    const { environment, signal, log } = this.#settings
    const worker = cluster.fork(environment)
    let isServing = false
    let failure: string | undefined
    worker.on('message', (message: FromWorker) => {
      if ('scrape' in message) void this.#scrape(worker, message.scrape)
      if ('failure' in message) failure = message.failure
      if ('serves' in message) {
        isServing = true
        first?.resolve(message.serves)
      }
    })
    const ended = (how: string) => {
      if (signal.aborted) return
      if (first && !isServing) return first.reject(new Error(failure ?? `a worker ${how}`))
      const facts = { worker: worker.process.pid }
      if (isServing) {
        log.error(facts, `a worker ${how}; another one is started`)
        return this.#fork(PAUSE_MS)
      }
      log.error(
        facts,
        `a worker could not start: ${failure ?? `it ${how}`}; another try follows in ${pauseMs / 1000} s`,
      )
      const again = () => this.#fork(Math.min(2 * pauseMs, LONGEST_PAUSE_MS))
      sleep(pauseMs, undefined, { signal }).then(again, () => undefined)
    }
    worker.once('exit', (code: number | null, killedBy: string | null) =>
      ended(killedBy ? `was ended by ${killedBy}` : `ended with exit code ${code}`),
    )
    worker.on('error', (error) => {
      log.warn({ err: error, worker: worker.process.pid }, 'a worker cannot be reached')
      if (worker.process.pid === undefined) ended('has no process')
    })
  }

  async #scrape(worker: Worker, scraped: number): Promise<void> {
    const text = await this.#registry.clusterMetrics().catch(() => undefined)
    const answer: Scraped = { scraped, ...(text !== undefined && { text }) }
    worker.send(answer, () => undefined) // a worker that has ended waits for none
  }
}
