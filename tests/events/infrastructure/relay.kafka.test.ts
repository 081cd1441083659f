import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { KafkaBroker } from '../../support/kafka/kafka-broker.ts'
import { type ReadMessage, readTopic } from '../../support/kafka/reading.ts'
import { firstSeqs, newTopic, record, stage, unpublished } from '../../support/kafka/stage.ts'
import { countTo } from '../../support/postgres-service.ts'
import { startService } from '../../support/running-service.ts'
import { query } from '../../support/test-clock.ts'

const { skipped: noBrokersOfOwn } = inject('brokersOfOwn')
const MAX_BYTES = 200_000

describe.skipIf(noBrokersOfOwn)('when Kafka fails', () => {
  const { atEnd, database } = stage()
  let broker: KafkaBroker
  beforeAll(async () => {
    broker = await KafkaBroker.start({ messageMaxBytes: MAX_BYTES })
  })
  afterAll(() => broker?.stop())

  const start = async (url: string, topic: string) => {
    const service = await startService({ DATABASE_URL: url, KAFKA_BROKERS: broker.bootstrap, KAFKA_TOPIC: topic })
    atEnd(() => service.stop('SIGKILL'))
    return service
  }

  test('no event is lost or reordered when the broker is killed and restarted', async () => {
    const { url } = await database()
    const topic = await newTopic(broker.bootstrap)
    const aggregates = countTo(20).map((n) => `user/${n}`)
    const service = await start(url, topic)
    const reader = await readTopic(broker.bootstrap, topic)
    await record(url, aggregates, 30)
    await reader.next(150)
    await broker.kill()
    await record(url, aggregates, 10)
    await service.line(/event relay failed/)
    const closed = reader.close()
    await broker.restart()
    await service.line(/event relay works again/)

    await using again = await readTopic(broker.bootstrap, topic)
    await again.until((messages) => new Set(messages.map(({ headers }) => headers.ce_id)).size === 801)
    const seqs = firstSeqs(again.messages)
    for (const aggregate of aggregates) expect(seqs[aggregate]).toEqual(countTo(40))
    await expect.poll(() => unpublished(url)).toEqual([])
    await closed
  })

  test('a relay that is killed between publishing and marking publishes again under the same id', async () => {
    const { url } = await database()
    const topic = await newTopic(broker.bootstrap)
    await record(url, ['user/1'], 3)
    await using reader = await readTopic(broker.bootstrap, topic)
    const held = await holdOutbox(url)
    const first = await start(url, topic)
    await reader.until((messages) => firstSeqs(messages)['user/1']?.length === 3)
    await first.stop('SIGKILL')
    // The server has not noticed that its client is dead. Its statement would still mark the events, so it is ended here.
    await query(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'lottery-service'`,
    )
    await held.end()
    const lost = await unpublished(url)
    await query(url, 'delete from relay_lease') // instead of waiting until the lease expires

    await start(url, topic)
    await reader.until((messages) => lost.every(({ id }) => timesRead(messages, id) > 1))

    expect(lost.length).toBeGreaterThanOrEqual(3)
    expect(firstSeqs(reader.messages)['user/1']).toEqual([1, 2, 3])
    await expect.poll(() => unpublished(url)).toEqual([])
  })

  test('1,000 events are published in order after an outage, during which no request waited for the broker', async () => {
    const { url } = await database()
    const topic = await newTopic(broker.bootstrap)
    await broker.kill()
    const service = await start(url, topic)
    await service.line(/event relay failed/)
    const startedAt = performance.now()
    const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
    const answers = await Promise.all(countTo(20).map(() => service.post('/lotteries/submit', { user_id: user.id })))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201))
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    const aggregates = countTo(100).map((n) => `user/${n}`)
    await record(url, aggregates, 10)

    await broker.restart()
    await using reader = await readTopic(broker.bootstrap, topic)
    await reader.total(1_003) // 1,000 and those of the key, the user and the lottery
    const seqs = firstSeqs(reader.messages)
    for (const aggregate of aggregates) expect(seqs[aggregate]).toEqual(countTo(10))
    expect((await service.get<string>('/metrics')).body).toMatch(/^lottery_events_parked 0$/m)
  })

  test('an event that is too large is refused, and only its aggregate waits', async () => {
    const { url } = await database()
    const topic = await newTopic(broker.bootstrap)
    await record(url, ['user/large'], 1, 2 * MAX_BYTES)
    await record(url, ['user/large', 'user/small'], 3)
    const service = await start(url, topic)
    await using reader = await readTopic(broker.bootstrap, topic)
    await service.line(/event refused by the broker/)

    await reader.until((messages) => firstSeqs(messages)['user/small']?.length === 3)
    await record(url, ['user/small'], 1)
    await reader.until((messages) => firstSeqs(messages)['user/small']?.length === 4)
    expect(firstSeqs(reader.messages)).not.toHaveProperty('user/large')
    const [poison, ...behind] = await unpublished(url, 'user/large')
    expect(poison?.attempts).toBeGreaterThan(0)
    expect(behind.map(({ attempts }) => attempts)).toEqual([0, 0, 0])
  })
})

function timesRead(messages: readonly ReadMessage[], id: string): number {
  return messages.filter(({ headers }) => headers.ce_id === id).length
}

/** Locks all rows of the outbox, so that events can be read but not marked. */
async function holdOutbox(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query('select from outbox for update')
  return client
}
