import { Counter, Gauge, type Registry } from 'prom-client'
import type { Lag, PublicationQueue } from '../application/publication-queue.ts'
import type { PublishReport } from '../application/publish-events.ts'

const GAUGES: readonly [name: string, help: string, read: (lag: Lag) => number][] = [
  ['unpublished', 'Events that are not published yet', ({ unpublished }) => unpublished],
  [
    'oldest_unpublished_seconds',
    'Age of the oldest event that is not published; 0 when all are',
    ({ oldestSeconds }) => oldestSeconds,
  ],
  ['parked', 'Events that the broker refused too often; they wait for an operator', ({ parked }) => parked],
]

/** How far consumers are behind. The gauges are absent while the database is. */
export class RelayMetrics {
  readonly #queue: PublicationQueue
  readonly #published: Counter
  readonly #refused: Counter
  #asked: Promise<Lag | undefined> | undefined

  constructor(registry: Registry, queue: PublicationQueue) {
    this.#queue = queue
    const lag = () => this.#lag()
    for (const [name, help, read] of GAUGES) {
      new Gauge({
        name: `lottery_events_${name}`,
        help,
        registers: [registry],
        async collect() {
          const found = await lag()
          if (found) this.set(read(found))
          else this.remove()
        },
      })
    }
    const counter = (name: string, help: string) => new Counter({ name, help, registers: [registry] })
    this.#published = counter('lottery_events_published_total', 'Events that the broker acknowledged')
    this.#refused = counter('lottery_events_refused_total', 'Times that the broker refused an event')
  }

  count({ published, refused }: PublishReport): void {
    this.#published.inc(published)
    this.#refused.inc(refused.length)
  }

  /** Asked once for all that ask at the same time. */
  #lag(): Promise<Lag | undefined> {
    this.#asked ??= this.#queue
      .lag()
      .catch(() => undefined)
      .finally(() => {
        this.#asked = undefined
      })
    return this.#asked
  }
}
