import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Producer } from '@platformatic/kafka'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { type EventPublisher, EventRefused, PUBLISH_WITHIN_MS } from '../application/event-publisher.ts'
import { cloudEventOf, type EventSource } from '../domain/cloud-event.ts'

export interface KafkaSettings {
  /** host:port of some brokers of the cluster. */
  readonly brokers: readonly string[]
  readonly topic: string
  /** Undefined: plain TCP. Without a file, the system's certificate authorities are trusted. */
  readonly tls: { readonly caFile: string | undefined } | undefined
  readonly sasl:
    | {
        readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
        readonly username: string
        readonly password: string
      }
    | undefined
}

/** Milliseconds for the acknowledgement of a list; the rest of the publisher's time is for ending the connection. */
const ACKNOWLEDGED_WITHIN_MS = PUBLISH_WITHIN_MS - 1_000
const LIMITS = { connectTimeout: 3_000, requestTimeout: 5_000, timeout: 5_000, retries: 2, retryDelay: 250 } as const
/** Error codes of Kafka's protocol that say that a record will not do, now or later. */
const REFUSALS = new Set([
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
])

type TextProducer = Producer<string, string, string, string>

/**
 * Events as records of one Kafka topic, CloudEvents in binary mode (Kafka protocol binding 1.0.2). The key is the
 * aggregate, so its events lie in one partition in their order, the same that Kafka's own clients choose. The producer is
 * idempotent and waits for all in-sync replicas. After a failure it is ended, since a list that is late would go on trying
 * beside the next one, which has a new producer.
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
    const late = new AbortController()
    const deadline = setTimeout(ACKNOWLEDGED_WITHIN_MS, undefined, { signal: late.signal }).then(() => {
      throw new Error(`Kafka acknowledged nothing within ${ACKNOWLEDGED_WITHIN_MS} ms`)
    })
    deadline.catch(() => {})
    try {
      await Promise.race([producer.send({ messages: events.map((event) => this.#messageOf(event)) }), deadline])
    } catch (error) {
      await this.close()
      const refusal = refusalIn(error)
      throw refusal === undefined ? error : new EventRefused(`Kafka answered ${refusal}`, { cause: error })
    } finally {
      late.abort()
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    // What a broker that hangs has not taken yet would hold the producer.
    for (const [, { socket }] of producer?.connections ?? []) socket?.destroy()
    await producer?.close().catch(() => {}) // it is given up either way
  }

  async #open(): Promise<TextProducer> {
    const { brokers, tls, sasl } = this.#settings
    // Loaded only where it is used: it takes almost half a second and 60 MB.
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
    // A socket that fails once more after its connection was given up would end the process.
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

/** The code of the first refusal among an error's causes. */
function refusalIn(error: unknown): string | undefined {
  const { apiId, errors = [] } = error as { readonly apiId?: string; readonly errors?: readonly unknown[] }
  if (apiId !== undefined && REFUSALS.has(apiId)) return apiId
  return errors.map(refusalIn).find((found) => found !== undefined)
}
