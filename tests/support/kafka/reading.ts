import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { type Consumer, type EachMessagePayload, Kafka, logLevel } from 'kafkajs'

interface Headers {
  readonly ce_id?: string
  readonly ce_type?: string
  readonly ce_sequence?: string
  readonly [name: string]: string | undefined
}

/** A message read from the topic. */
export interface ReadMessage {
  readonly key: string | undefined
  readonly partition: number
  readonly offset: number
  readonly headers: Headers
  readonly value: string
}

/**
 * Reads a topic from its beginning, with a library other than the one that writes it. Messages of a partition come in
 * order. Leaving the scope of `await using` closes the reader.
 */
export class TopicReader implements AsyncDisposable {
  readonly #consumer: Consumer
  readonly #messages: ReadMessage[] = []
  readonly #progress = new EventEmitter()
  #taken = 0
  #failure: Error | undefined

  constructor(bootstrap: string) {
    const kafka = new Kafka({ clientId: 'reading', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#consumer = kafka.consumer({ groupId: `reading-${randomUUID()}`, maxWaitTimeInMs: 100 })
  }

  async start(topic: string): Promise<this> {
    this.#consumer.on('consumer.crash', ({ payload }) => this.#fail(payload.error, payload.restart))
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topic, fromBeginning: true })
    await this.#consumer.run({ eachMessage: async (payload) => this.#add(payload) })
    return this
  }

  /** All messages read so far. */
  get messages(): readonly ReadMessage[] {
    return this.#messages
  }

  /** Resolves to the next `count` messages that no earlier call has returned. */
  async next(count: number): Promise<ReadMessage[]> {
    const from = this.#taken
    this.#taken += count
    await this.total(from + count)
    return this.#messages.slice(from, from + count)
  }

  /** Resolves to all messages when at least `count` have been read. */
  total(count: number): Promise<readonly ReadMessage[]> {
    return this.until((messages) => messages.length >= count)
  }

  /** Resolves to all messages when `areEnough` accepts them. */
  async until(areEnough: (messages: readonly ReadMessage[]) => boolean): Promise<readonly ReadMessage[]> {
    while (!areEnough(this.#messages)) {
      if (this.#failure) throw this.#failure
      await once(this.#progress, 'progress')
    }
    return this.#messages
  }

  async close(): Promise<void> {
    this.#fail(new Error('The reader was closed'), false)
    await this.#consumer.disconnect()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #add({ partition, message: { key, offset, headers, value } }: EachMessagePayload): void {
    const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])
    this.#messages.push({
      key: key?.toString(),
      partition,
      offset: Number(offset),
      headers: Object.fromEntries(texts),
      value: value?.toString() ?? '',
    })
    this.#progress.emit('progress')
  }

  /** Fails the reader, unless the library retries by itself. */
  #fail(error: Error, isRetried: boolean): void {
    if (isRetried) return
    this.#failure = error
    this.#progress.emit('progress')
  }
}

/** @see TopicReader */
export function readTopic(bootstrap: string, topic: string): Promise<TopicReader> {
  return new TopicReader(bootstrap).start(topic)
}
