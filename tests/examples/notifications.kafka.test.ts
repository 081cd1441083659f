import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, test } from 'vitest'
import { readTopic } from '../support/kafka/reading.ts'
import { newTopic, stage } from '../support/kafka/stage.ts'
import { startService } from '../support/running-service.ts'
import { installTestClock, query } from '../support/test-clock.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/notifications/notifications.ts', import.meta.url))
const kafka = inject('kafka')
const { atEnd, database } = stage()

describe.skipIf('skipped' in kafka)('the example consumer', () => {
  const KAFKA_BROKERS = 'bootstrap' in kafka ? kafka.bootstrap : ''

  test('prints every result once, even when its event arrives twice or the consumer restarts', async () => {
    const { url } = await database()
    const clock = await installTestClock(url)
    await clock.moveTo('2026-03-10T12:00:00Z')
    const KAFKA_TOPIC = await newTopic(KAFKA_BROKERS)
    const settings = { DATABASE_URL: url, KAFKA_BROKERS, KAFKA_TOPIC }
    const service = await startService({ ...settings, INTERNAL_CLOSE_TOKEN: 'only-for-this-test' })
    atEnd(() => service.stop('SIGKILL'))
    const close = async (date: string) =>
      service.post(`/lotteries/close?date=${date}`, undefined, { 'x-internal-token': 'only-for-this-test' })
    const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
    await service.post('/lotteries/submit', { user_id: user.id })
    await service.post('/lotteries/create', { date: '2026-03-11' })

    await clock.moveTo('2026-03-11T00:00:00Z')
    await close('2026-03-10')
    await using reader = await readTopic(KAFKA_BROKERS, KAFKA_TOPIC)
    const results = (times: number) =>
      reader.until(
        (messages) => messages.filter(({ headers }) => headers.ce_type === 'lottery.closed.v1').length >= times,
      )
    await results(1)
    await publishAgain(url)
    await results(2)
    await clock.moveTo('2026-03-12T00:00:00Z')
    await close('2026-03-11')
    await results(3)

    const consumer = notifications(KAFKA_BROKERS, KAFKA_TOPIC)
    const first = `2026-03-10: ballot 1 of user ${user.id} has won. Check it: /lotteries/2026-03-10/evidence`
    const second = '2026-03-11: nobody has won. Check it: /lotteries/2026-03-11/evidence'
    expect([await consumer.next(), await consumer.next()]).toEqual([first, second])
    await consumer.stop()

    await service.post('/lotteries/create', { date: '2026-03-12' })
    await clock.moveTo('2026-03-13T00:00:00Z')
    await close('2026-03-12')
    const again = notifications(KAFKA_BROKERS, KAFKA_TOPIC)
    expect(await again.next()).toMatch(/^2026-03-12: nobody has won/)
    await again.stop()
  })
})

/** Has the relay publish the closed event again, once it has noted that the event is published. */
async function publishAgain(url: string): Promise<void> {
  const forget = `update outbox set published_at = null where type = 'lottery.closed.v1' and published_at is not null`
  await expect.poll(() => query(url, `${forget} returning id`), { timeout: 10_000 }).toHaveLength(1)
}

/** Starts the example in a process of its own. `next` resolves to its next line. */
function notifications(KAFKA_BROKERS: string, KAFKA_TOPIC: string) {
  const { PATH } = process.env
  const child = spawn(process.execPath, [EXAMPLE], { env: { PATH, KAFKA_BROKERS, KAFKA_TOPIC }, stdio: 'pipe' })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  atEnd(stop)
  child.stderr.pipe(process.stderr)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { next: async () => (await lines.next()).value as string | undefined, stop }
}
