import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Producer } from '@platformatic/kafka'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { type EventPublisher, EventRefused, PUBLISH_WITHIN_MS } from '../application/event-publisher.ts'
import { cloudEventOf, type EventSource } from '../domain/cloud-event.ts'

export interface KafkaSettings {
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[]
  readonly topic: string
  /** Undefined for plain TCP. Without `caFile`, the system's certificate authorities are trusted. */
  readonly tls: { readonly caFile: string | undefined } | undefined
  readonly sasl:
    | {
        readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
        readonly username: string
        readonly password: string
      }
    | undefined
}

/** Milliseconds for the acknowledgement of a batch. The rest of {@link PUBLISH_WITHIN_MS} is for closing the producer. */
const ACKNOWLEDGED_WITHIN_MS = PUBLISH_WITHIN_MS - 1_000
const LIMITS = { connectTimeout: 3_000, requestTimeout: 5_000, timeout: 5_000, retries: 2, retryDelay: 250 } as const
/** Error codes of Kafka's protocol that refuse a record for good. */
const REFUSALS = new Set([
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
])

type TextProducer = Producer<string, string, string, string>

/**
 * Publishes events as records of one Kafka topic: CloudEvents in binary mode (Kafka protocol binding 1.0.2). The key of a
 * record is its aggregate, so the events of an aggregate stay in their order in one partition, which is the one that
 * Kafka's own clients would choose. The producer is idempotent and waits for all in-sync replicas.
 *
 * After a failure, the producer is closed and the next batch gets a new one. Otherwise the late batch would go on retrying
 * beside the next batch.
 */
export class KafkaEventPublisher implements EventPublisher {
  readonly #settings: KafkaSettings
  readonly #source: EventSource
  #producer: TextProducer | undefined

  constructor(settings: KafkaSettings, source: EventSource) {
    this.#settings = settings
    this.#source = source
  }

  async publish(events: readonly RecordedEvent[]): Promise<void> {
    const producer = this.#producer ?? (await this.#open())
    this.#producer = producer
    const timer = new AbortController()
    const deadline = setTimeout(ACKNOWLEDGED_WITHIN_MS, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`Kafka did not acknowledge the events within ${ACKNOWLEDGED_WITHIN_MS} ms`)
    })
    deadline.catch(() => {})
    try {
      await Promise.race([producer.send({ messages: events.map((event) => this.#messageOf(event)) }), deadline])
    } catch (error) {
      await this.close()
      const refusal = refusalIn(error)
      throw refusal === undefined ? error : new EventRefused(`Kafka refused an event: ${refusal}`, { cause: error })
    } finally {
      timer.abort()
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    // Data that a hanging broker has not taken yet would keep the producer from closing.
    for (const [, { socket }] of producer?.connections ?? []) socket?.destroy()
    await producer?.close().catch(() => {}) // the producer is given up either way
  }

  async #open(): Promise<TextProducer> {
    const { brokers, tls, sasl } = this.#settings
    // Imported only when events go to Kafka: the import takes almost half a second and 60 MB.
    const { compatibilityPartitioner, Producer, ProduceAcks, stringSerializers } = await import('@platformatic/kafka')
    const producer: TextProducer = new Producer({
      ...LIMITS,
      clientId: 'lottery-service',
      bootstrapBrokers: [...brokers],
      idempotent: true,
      acks: ProduceAcks.ALL,
      autocreateTopics: true,
      partitioner: compatibilityPartitioner,
      serializers: stringSerializers,
      ...(tls && { tls: tls.caFile === undefined ? {} : { ca: await readFile(tls.caFile) } }),
      ...(sasl && { sasl }),
    })
    // Without this listener, a socket that fails again after its connection was given up would end the process.
    producer.connections.on('connecting', ({ connection }) => connection.on('error', () => {}))
    return producer
  }

  #messageOf(event: RecordedEvent) {
    const { attributes, data } = cloudEventOf(event, this.#source)
    const headers = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value] as const)
    return {
      topic: this.#settings.topic,
      key: event.aggregate,
      value: JSON.stringify(data),
      headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    }
  }
}

/** The code of the first refusal among an error and its parts; undefined without a refusal. */
function refusalIn(error: unknown): string | undefined {
  const { apiId, errors = [] } = error as { readonly apiId?: string; readonly errors?: readonly unknown[] }
  if (apiId !== undefined && REFUSALS.has(apiId)) return apiId
  return errors.map(refusalIn).find((found) => found !== undefined)
}
