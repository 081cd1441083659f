import { Consumer, stringDeserializers } from '@platformatic/kafka'

/**
 * Separate service that notifies people of the winner. Reads `lottery.closed.v1` events from Kafka and prints the
 * messages that a real service would send.
 *
 * Events arrive at least once, so an event with a known id is skipped. A real service stores these ids together with
 * the messages that it has sent. Here the ids are in memory, and only the offset of the consumer group outlives a
 * restart.
 */
const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC = 'lottery.events' } = process.env

interface LotteryClosed {
  readonly date: string
  readonly winners: readonly { readonly rank: number; readonly ordinal: number; readonly user_id: string }[]
}

const consumer = new Consumer({
  clientId: 'notifications',
  groupId: 'notifications',
  bootstrapBrokers: KAFKA_BROKERS.split(','),
  deserializers: stringDeserializers,
})
console.error(`reading ${KAFKA_TOPIC} at ${KAFKA_BROKERS}`)
const messages = await consumer
  .consume({ topics: [KAFKA_TOPIC], mode: 'committed', fallbackMode: 'earliest', autocommit: false })
  .catch(withoutBroker)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void consumer.close(true))

const seen = new Set<string>()
for await (const message of messages) {
  const { headers } = message
  const id = headers.get('ce_id')
  if (headers.get('ce_type') === 'lottery.closed.v1' && id !== undefined && !seen.has(id)) {
    notify(JSON.parse(message.value) as LotteryClosed)
    seen.add(id)
  }
  await message.commit() // last, so that an event whose message was not sent before a crash is read again
}

function withoutBroker(error: Error): never {
  console.error(
    `This example needs a Kafka broker, and cannot read ${KAFKA_TOPIC} at ${KAFKA_BROKERS}: ${error.message}`,
  )
  console.error('Set KAFKA_BROKERS. Without Kafka, use its twin for webhooks: webhook.ts, see docs/webhooks.md.')
  process.exit(1)
}

function notify({ date, winners: [winner] }: LotteryClosed): void {
  const result = winner ? `ballot ${winner.ordinal} of user ${winner.user_id} has won` : 'nobody has won'
  console.log(`${date}: ${result}. Check it: /lotteries/${date}/evidence`)
}
