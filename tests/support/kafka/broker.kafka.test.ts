import { randomUUID } from 'node:crypto'
import { type MessageToProduce, Producer, type ProducerOptions, stringSerializers } from '@platformatic/kafka'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { KafkaBroker } from './kafka-broker.ts'
import { readTopic } from './reading.ts'

type Text = string
type Message = MessageToProduce<Text, Text, Text, Text>

const kafka = inject('kafka')
const { skipped: noBrokersOfOwn } = inject('brokersOfOwn')
/** Options of a producer that tries only once. An idempotent producer would retry for ever. */
const ONCE = { idempotent: false, retries: 0 }

function newTopic(): string {
  return `test.${randomUUID()}`
}

async function produce(
  bootstrap: string,
  messages: Message[],
  options: Partial<ProducerOptions<Text, Text, Text, Text>> = {},
): Promise<void> {
  const producer = new Producer({
    clientId: 'test',
    bootstrapBrokers: bootstrap.split(','),
    idempotent: true,
    autocreateTopics: true,
    serializers: stringSerializers,
    ...options,
  })
  try {
    await producer.send({ messages })
  } finally {
    await producer.close()
  }
}

describe.skipIf('skipped' in kafka)('the shared broker', () => {
  const bootstrap = 'bootstrap' in kafka ? kafka.bootstrap : ''

  test('another library reads what the producer writes, in order', async () => {
    const topic = newTopic()
    const message = (n: number): Message => ({ topic, key: 'day', value: `{"n":${n}}`, headers: { id: `é${n}` } })
    await produce(bootstrap, [1, 2, 3].map(message))
    await using reader = await readTopic(bootstrap, topic)
    const read = await reader.next(2)
    expect(read).toMatchObject([
      { key: 'day', offset: 0, headers: { id: 'é1' }, value: '{"n":1}' },
      { key: 'day', offset: 1, headers: { id: 'é2' }, value: '{"n":2}' },
    ])
    await produce(bootstrap, [message(4)])
    expect((await reader.next(2)).map(({ value }) => value)).toEqual(['{"n":3}', '{"n":4}'])
    expect(new Set(reader.messages.map(({ partition }) => partition)).size).toBe(1)
  })
})

describe.skipIf(noBrokersOfOwn)('a broker of its own', () => {
  let broker: KafkaBroker
  beforeAll(async () => {
    broker = await KafkaBroker.start()
    return () => broker.stop()
  })

  test('keeps acknowledged messages and its address when it is killed and restarted', async () => {
    const topic = newTopic()
    await produce(broker.bootstrap, [{ topic, key: 'day', value: 'before' }])
    await broker.kill()
    await broker.restart()
    await produce(broker.bootstrap, [{ topic, key: 'day', value: 'after' }])
    await using reader = await readTopic(broker.bootstrap, topic)
    expect((await reader.next(2)).map(({ value }) => value)).toEqual(['before', 'after'])
  })

  test('answers no request while it is frozen, and continues when it is thawed', async () => {
    const messages = [{ topic: newTopic(), value: 'one' }]
    broker.freeze()
    const unanswered = produce(broker.bootstrap, messages, { ...ONCE, requestTimeout: 300 })
    await expect(unanswered).rejects.toThrow('timed out')
    broker.thaw()
    await produce(broker.bootstrap, messages)
  })
})
