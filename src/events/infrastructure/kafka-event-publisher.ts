import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { EventPublisher } from '../application/event-publisher.ts'
import type { EventSource } from '../domain/cloud-event.ts'

export interface KafkaSettings {
  readonly brokers: readonly string[]
  readonly topic: string
}
export class KafkaEventPublisher implements EventPublisher {
  constructor(_settings: KafkaSettings, _source: EventSource) {}
  async publish(_events: readonly RecordedEvent[]): Promise<void> {}
  async close(): Promise<void> {}
}
