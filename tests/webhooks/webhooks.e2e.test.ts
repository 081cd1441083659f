import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { bearer, INTERNAL_TOKEN } from '../support/access.ts'
import { Receiver } from '../support/receiver.ts'
import { startService } from '../support/running-service.ts'
import { installTestClock } from '../support/test-clock.ts'
import { createTestDatabase } from '../support/test-database.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/notifications/webhook.ts', import.meta.url))
const OPERATOR = await bearer('operator')
const CLOSER = { 'x-internal-token': INTERNAL_TOKEN }

/** For a busy machine. */
const WITHIN = { timeout: 20_000 }

interface Made {
  readonly id: string
  readonly secret: string
}

async function settings() {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const { url } = database
  const clock = await installTestClock(url)
  await clock.moveTo('2026-03-10T12:00:00Z')
  const environment = { DATABASE_URL: url, INTERNAL_CLOSE_TOKEN: INTERNAL_TOKEN, WEBHOOK_ALLOW_PRIVATE: 'true' }
  return { clock, environment }
}

it('loses no event when the service is killed while it sends, and starts again', async () => {
  const { environment, clock } = await settings()
  const receiver = await Receiver.open()
  const reached = Promise.withResolvers<void>()
  receiver.answer = () => reached.resolve()
  await using killed = await startService(environment)
  await killed.post('/webhooks', { url: `${receiver.url}?token=hidden` }, OPERATOR)
  const users: string[] = []
  for (const name of ['ada', 'bob', 'eve'])
    users.push((await killed.post<{ id: string }>('/users', { email: `${name}@example.org` })).body.id)
  await reached.promise
  await killed.stop('SIGKILL')
  receiver.answer = (response) => response.writeHead(204).end()
  await clock.advance({ seconds: 16 }) // the lease of the killed one

  await using next = await startService(environment)
  const delivered = () =>
    receiver.received.map(({ body }) => (JSON.parse(body) as { data: { user_id?: string } }).data.user_id)

  await expect.poll(delivered, WITHIN).toEqual(expect.arrayContaining(users))
  for (const { output } of [killed, next]) expect(output).not.toMatch(/whsec_|hidden/)
})

it('tells the winner to the example, once, though the event is sent twice', async () => {
  const { environment, clock } = await settings()
  await using service = await startService(environment)
  const receiver = await Receiver.open()
  const { port } = receiver
  await receiver.close() // its port is free now
  const url = `http://127.0.0.1:${port}/`
  const { body: webhook } = await service.post<Made>('/webhooks', { url, event_types: ['lottery.closed.v1'] }, OPERATOR)
  const example = await startExample(webhook.secret, port)
  const { body: user } = await service.post<{ id: string }>('/users', { email: 'ada@example.org' })
  await service.post('/lotteries/submit', { user_id: user.id })
  await clock.moveTo('2026-03-11T00:00:00Z')
  await service.post('/lotteries/close?date=2026-03-10', undefined, CLOSER)

  const won = `2026-03-10: ballot 1 of user ${user.id} has won. Check it: /lotteries/2026-03-10/evidence`
  expect(await example.next()).toBe(won)
  const deliveries = () =>
    service.get<{ items: { event_id: string; state: string; attempts: number }[] }>(
      `/webhooks/${webhook.id}/deliveries`,
      OPERATOR,
    )
  await expect.poll(async () => (await deliveries()).body.items[0]?.state, WITHIN).toBe('delivered')
  const [first] = (await deliveries()).body.items
  await service.post(`/webhooks/${webhook.id}/deliveries/${first?.event_id}/redeliver`, undefined, OPERATOR)
  await expect.poll(async () => (await deliveries()).body.items[0]?.state, WITHIN).toBe('delivered')
  const forged = await fetch(url, { method: 'POST', body: '{}', headers: { 'webhook-id': 'x' } })
  await example.stop()

  expect([await example.next(), forged.status]).toEqual([undefined, 401])
})

/** Starts the example in a process of its own, and waits until it listens. `next` resolves to its next line. */
async function startExample(WEBHOOK_SECRET: string, port: number) {
  const { PATH } = process.env
  const child = spawn(process.execPath, [EXAMPLE], { env: { PATH, WEBHOOK_SECRET, PORT: String(port) }, stdio: 'pipe' })
  const ended = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  onTestFinished(stop)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string | undefined
  expect(await next()).toBe(`waiting on port ${port}`)
  return { next, stop }
}
