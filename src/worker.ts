import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type PrometheusContentType, type Registry } from 'prom-client'

/** Where a process serves. */
export interface Ports {
  readonly port: number
  readonly operationsPort?: number | undefined
}

/** What a worker tells its primary: that it serves, why it could not start, and that it wants the metrics of all workers. */
export type FromWorker = { readonly serves: Ports } | { readonly failure: string } | { readonly scrape: number }
/** The answer to a scrape. Without a text, a worker did not return its metrics in time. */
export interface Scraped {
  readonly scraped: number
  readonly text?: string
}

/** A process that shares its ports with other workers, below a primary. When the primary is gone, Node ends the worker. */
export class ThisWorker {
  readonly metrics: Registry = new MetricsOfWorkers()
  /** Whether what all workers find at the start of the service is for this one to log. */
  readonly isFirst: boolean

  private constructor({ id }: Worker) {
    this.isFirst = id === 1
  }

  /** Undefined in the primary. */
  static find(): ThisWorker | undefined {
    return cluster.worker && new ThisWorker(cluster.worker)
  }

  serves(ports: Ports): Promise<void> {
    return tell({ serves: ports })
  }

  failed(reason: string): Promise<void> {
    return tell({ failure: reason })
  }
}

/** Keeps the metrics of this worker, and is scraped for those of all. */
class MetricsOfWorkers extends AggregatorRegistry<PrometheusContentType> {
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>()
  #scrapes = 0

  constructor() {
    super()
    AggregatorRegistry.setRegistries([this])
    process.on('message', (message: Scraped | object) => {
      if ('scraped' in message) this.#take(message)
    })
  }

  override async metrics(): Promise<string> {
    const scrape = ++this.#scrapes
    const answer = Promise.withResolvers<string>()
    this.#waiting.set(scrape, answer)
    await tell({ scrape })
    return answer.promise
  }

  #take({ scraped, text }: Scraped): void {
    const answer = this.#waiting.get(scraped)
    this.#waiting.delete(scraped)
    if (text === undefined) answer?.reject(new Error('a worker did not return its metrics in time'))
    else answer?.resolve(text)
  }
}

/** Resolves when the message is sent. A primary that is gone needs none. */
function tell(message: FromWorker): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.send?.(message, undefined, undefined, () => resolve())
  return promise
}
