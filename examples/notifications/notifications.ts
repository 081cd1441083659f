import { Consumer, stringDeserializers } from '@platformatic/kafka'

/**
 * A service of its own that tells people who has won. It reads `lottery.closed.v1` from Kafka and prints what a real one
 * would send. Events come at least once: those whose id it has seen are skipped. A real one keeps the ids where it keeps
 * what it has sent; here they are in memory, and the group's offset is what outlives a restart.
 */
const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC = 'lottery.events' } = process.env

interface LotteryClosed {
  readonly date: string
  readonly ballot_count: number
  readonly winner: { readonly ballot_id: string; readonly ordinal: number; readonly user_id: string } | null
  readonly evidence: string
}

const consumer = new Consumer({
  clientId: 'notifications',
  groupId: 'notifications',
  bootstrapBrokers: KAFKA_BROKERS.split(','),
  deserializers: stringDeserializers,
})
const messages = await consumer.consume({
  topics: [KAFKA_TOPIC],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: false,
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void consumer.close(true))

const seen = new Set<string>()
for await (const message of messages) {
  const { headers } = message
  const id = headers.get('ce_id')
  if (headers.get('ce_type') === 'lottery.closed.v1' && id !== undefined && !seen.has(id)) {
    notify(JSON.parse(message.value) as LotteryClosed)
    seen.add(id)
  }
  await message.commit() // only now: what was not told before a crash is read again
}

function notify({ date, ballot_count, winner, evidence }: LotteryClosed): void {
  const result = winner ? `ballot ${winner.ordinal} of user ${winner.user_id} has won` : 'nobody has won'
  console.log(`${date}: ${result}, of ${ballot_count} ballots. Check it: ${evidence}`)
}
