import { CloudEvent, Kafka } from 'cloudevents'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { EVENT_TYPES } from '../../../src/app.ts'
import { LEASE_MS } from '../../../src/events/application/publication-queue.ts'
import { bearer } from '../../support/access.ts'
import { KafkaBroker } from '../../support/kafka/kafka-broker.ts'
import { type ReadMessage, readTopic } from '../../support/kafka/reading.ts'
import { firstSeqs, newTopic, record, stage, unpublished } from '../../support/kafka/stage.ts'
import { countTo } from '../../support/postgres-service.ts'
import { startService } from '../../support/running-service.ts'
import { installTestClock } from '../../support/test-clock.ts'

interface Named {
  readonly id: string
}

const kafka = inject('kafka')
const { skipped: noBrokersOfOwn } = inject('brokersOfOwn')
const { atEnd, database } = stage()

describe.skipIf('skipped' in kafka)('events on Kafka', () => {
  const bootstrap = 'bootstrap' in kafka ? kafka.bootstrap : ''

  test('the events of a lottery from its first ballot to its result are published, and the CloudEvents SDK reads them', async () => {
    const { url } = await database()
    const clock = await installTestClock(url)
    await clock.moveTo('2026-03-10T12:00:00Z')
    const [topic, token] = [await newTopic(bootstrap), 'only-for-this-test']
    const PUBLIC_URL = 'https://lottery.example'
    const settings = { DATABASE_URL: url, KAFKA_BROKERS: bootstrap, KAFKA_TOPIC: topic, PUBLIC_URL }
    const service = await startService({ ...settings, INTERNAL_CLOSE_TOKEN: token })
    atEnd(() => service.stop('SIGKILL'))

    const { body: user } = await service.post<Named>('/users', { email: 'ada@example.org', name: 'Ada' })
    const operator = await bearer('operator')
    await service.post(`/users/${user.id}/ban`, undefined, operator)
    const { headers: unbanned } = await service.post(`/users/${user.id}/unban`, undefined, operator)
    const { body: ballot } = await service.post<Named>('/lotteries/submit', { user_id: user.id })
    await clock.moveTo('2026-03-11T00:00:00Z')
    await service.post('/lotteries/close?date=2026-03-10', undefined, { 'x-internal-token': token })
    await using reader = await readTopic(bootstrap, topic)
    const messages = await reader.next(7)

    expect(new Set(messages.map(({ headers }) => headers.ce_type))).toEqual(
      new Set(EVENT_TYPES.map(({ type }) => type).filter((type) => !/archived|forgotten|webhook/.test(type))),
    )
    expect(firstSeqs(messages)).toMatchObject({ 'lottery/2026-03-10': [1, 2, 3], [`user/${user.id}`]: [1, 2, 3] })
    for (const message of messages) {
      const event = eventOf(message)
      expect(new CloudEvent(event).validate()).toBe(true)
      expect(event).toMatchObject({ specversion: '1.0', source: '//lottery.local', subject: message.key })
      const described = EVENT_TYPES.find(({ type }) => type === event.type)
      expect(described?.data.parse(event.data)).toEqual(event.data)
      expect(event.dataschema).toBe(`${PUBLIC_URL}/events/schemas/${event.type}.json`)
    }
    expect(eventOf(ofType(messages, 'user.unbanned.v1'))).toMatchObject({
      actor: expect.stringMatching(/^operator:[0-9a-f]{32}$/),
      requestid: unbanned.get('x-request-id'),
      sequence: '00000000000000000003',
      data: { user_id: user.id },
    })
    expect(eventOf(ofType(messages, 'lottery.closed.v1'))).toMatchObject({
      actor: 'internal-token',
      data: {
        date: '2026-03-10',
        winners: [{ rank: 1, ordinal: 1, ballot_id: ballot.id, user_id: user.id }],
      },
    })
    expect(JSON.stringify(messages)).not.toMatch(/example\.org|Ada/)
  })

  test('one of two services publishes, and the other takes over when it is killed', async () => {
    const { url } = await database()
    const clock = await installTestClock(url)
    const topic = await newTopic(bootstrap)
    const settings = { DATABASE_URL: url, KAFKA_BROKERS: bootstrap, KAFKA_TOPIC: topic }
    const services = await Promise.all([startService(settings), startService(settings)])
    for (const service of services) atEnd(() => service.stop('SIGKILL'))
    const aggregates = countTo(10).map((n) => `user/${n}`)
    await using reader = await readTopic(bootstrap, topic)

    await record(url, aggregates, 100)
    const before = await reader.total(1_001) // 1,000 and the first use of the key
    expect(new Set(before.map(({ headers }) => headers.ce_id)).size).toBe(1_001)
    const counts = () =>
      Promise.all(services.map(async (service) => published((await service.get<string>('/metrics')).body)))
    await expect.poll(async () => (await counts()).reduce((sum, count) => sum + count, 0)).toBe(1_001)
    const publishedBy = await counts()
    await services[publishedBy.indexOf(Math.max(...publishedBy))]?.stop('SIGKILL')
    await clock.advance({ seconds: LEASE_MS / 1_000 })
    await record(url, aggregates, 100)
    await reader.total(2_001)

    const seqs = firstSeqs(reader.messages)
    for (const aggregate of aggregates) expect(seqs[aggregate]).toEqual(countTo(200))
  })
})

describe.skipIf(noBrokersOfOwn)('a broker that requires TLS and a login', () => {
  const login = { user: 'lottery', password: 'not-a-real-secret' }
  let broker: KafkaBroker
  beforeAll(async () => {
    broker = await KafkaBroker.start({ secure: login })
  })
  afterAll(() => broker?.stop())

  const start = async (url: string, settings: Record<string, string>) => {
    const service = await startService({
      DATABASE_URL: url,
      KAFKA_BROKERS: broker.secure.bootstrap,
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA_FILE: broker.secure.caPath,
      KAFKA_SASL_USERNAME: login.user,
      ...settings,
    })
    atEnd(() => service.stop('SIGKILL'))
    return service
  }

  test.for(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('receives events over %s', async (KAFKA_SASL_MECHANISM) => {
    const { url } = await database()
    const KAFKA_TOPIC = await newTopic(broker.bootstrap)
    const service = await start(url, { KAFKA_TOPIC, KAFKA_SASL_MECHANISM, KAFKA_SASL_PASSWORD: login.password })
    await using reader = await readTopic(broker.bootstrap, KAFKA_TOPIC)

    expect(await reader.next(1)).toMatchObject([{ headers: { ce_type: 'ledger.key_used.v1' } }])
    expect(service.output).not.toContain(login.password)
  })

  test('receives nothing under a wrong password, which is not logged; the events wait', async () => {
    const { url } = await database()
    const service = await start(url, { KAFKA_SASL_PASSWORD: 'somethingelse' })
    await service.line(/event relay failed/)

    expect(await unpublished(url)).toMatchObject([{ attempts: 0 }])
    expect(service.output).not.toContain('somethingelse')
  })
})

/** The event as the CloudEvents SDK reads it. */
function eventOf({ key, headers, value }: ReadMessage) {
  const message = { key, headers, value, body: value, timestamp: '' }
  const event = Kafka.toEvent(message)
  if (Array.isArray(event)) throw new Error('the message is a batch of events')
  return event
}

function ofType(messages: readonly ReadMessage[], type: string): ReadMessage {
  const message = messages.find(({ headers }) => headers.ce_type === type)
  if (!message) throw new Error(`no message has the type ${type}`)
  return message
}

function published(metrics: string): number {
  return Number(/^lottery_events_published_total (\d+)/m.exec(metrics)?.[1])
}
