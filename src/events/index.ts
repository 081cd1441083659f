/** The public face of the events context. */
export { eventRoutes } from './api/event-routes.ts'
export { SCHEMAS_PATH } from './api/event-schemas.ts'
export { PublishEvents } from './application/publish-events.ts'
export { DrizzlePublicationQueue } from './infrastructure/drizzle-publication-queue.ts'
export { KafkaEventPublisher, type KafkaSettings } from './infrastructure/kafka-event-publisher.ts'
export { LogEventPublisher } from './infrastructure/log-event-publisher.ts'
export { Relay } from './infrastructure/relay.ts'
export { RelayMetrics } from './infrastructure/relay-metrics.ts'
