import { Counter, type Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { Lag, PublicationQueue } from '../application/publication-queue.ts'
import type { PublishReport } from '../application/publish-events.ts'

export interface RelayMetrics {
  count(report: PublishReport): void
}

export function registerRelayMetrics(registry: Registry, queue: PublicationQueue): RelayMetrics {
  const lag = sharedRead(() => queue.lag())
  const lagGauge = (name: string, help: string, read: (lag: Lag) => number) =>
    readGauge(registry, { name, help }, async () => read(await lag()))
  lagGauge('lottery_events_unpublished', 'Events that are not published yet', ({ unpublished }) => unpublished)
  lagGauge(
    'lottery_events_oldest_unpublished_seconds',
    'Age of the oldest unpublished event; 0 when all are published',
    ({ oldestSeconds }) => oldestSeconds,
  )
  lagGauge(
    'lottery_events_parked',
    'Events that the broker refused too often; they wait for an operator',
    ({ parked }) => parked,
  )
  const published = new Counter({
    name: 'lottery_events_published_total',
    help: 'Events that the broker acknowledged',
    registers: [registry],
  })
  const refused = new Counter({
    name: 'lottery_events_refused_total',
    help: 'Refusals of events by the broker',
    registers: [registry],
  })
  return {
    count: (report) => {
      published.inc(report.published)
      refused.inc(report.refused.length)
    },
  }
}

/** Shares the result of a running read with the callers that come while it runs. */
function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= read().finally(() => {
      running = undefined
    })
    return running
  }
}
