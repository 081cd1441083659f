import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { RecordedEvent } from '../shared/domain/domain-events.ts'
import { SCHEMAS_PATH } from './api/event-schemas.ts'
import type { OldEvents } from './application/old-events.ts'
import { PruneEvents } from './application/prune-events.ts'
import type { PublicationQueue } from './application/publication-queue.ts'
import { PublishEvents } from './application/publish-events.ts'
import { cloudEventJson } from './domain/cloud-event.ts'
import { KafkaEventPublisher, type KafkaSettings } from './infrastructure/kafka-event-publisher.ts'
import { LogEventPublisher } from './infrastructure/log-event-publisher.ts'
import { pruningLoop } from './infrastructure/pruning-loop.ts'
import { Relay } from './infrastructure/relay.ts'
import { registerRelayMetrics } from './infrastructure/relay-metrics.ts'

/** Milliseconds from a turn that left no due event to the next turn. */
const PAUSE_MS = 500

interface EventSurroundings {
  /** Name of the service's ledgers, which is the source of its events. */
  readonly ledgerName: string
  /** URL where clients reach the service; events link to their schemas below it. */
  readonly publicUrl: string
  /** Undefined when events are published to the log. */
  readonly kafka: KafkaSettings | undefined
  readonly oldEvents: OldEvents
  /** Days after which published events are deleted. Undefined: never. */
  readonly retentionDays: number | undefined
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the relay, which publishes recorded events, and the loop that deletes old ones. */
export function composeEvents(queue: PublicationQueue, surroundings: EventSurroundings) {
  const { ledgerName, publicUrl, kafka, oldEvents, retentionDays, metrics, log } = surroundings
  const source = { source: `//${ledgerName}`, schemas: publicUrl + SCHEMAS_PATH }
  const publisher = kafka ? new KafkaEventPublisher(kafka, source) : new LogEventPublisher(log, source)
  const publishEvents = new PublishEvents(queue, publisher, Math.random)
  const pruneEvents = retentionDays === undefined ? undefined : new PruneEvents(oldEvents, retentionDays)
  return {
    publishEvents,
    /** The event in the JSON format of CloudEvents. */
    toJson: (event: RecordedEvent) => cloudEventJson(event, source),
    pruning: pruneEvents && pruningLoop(pruneEvents, metrics, log),
    relay: new Relay({
      publishEvents,
      queue,
      publisher,
      metrics: registerRelayMetrics(metrics, queue),
      pauseMs: PAUSE_MS,
      log,
    }),
  }
}
