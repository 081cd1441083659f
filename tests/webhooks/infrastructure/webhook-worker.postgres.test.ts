import { pino } from 'pino'
import { Registry } from 'prom-client'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { composeWebhooks } from '../../../src/webhooks/index.ts'
import { postgresWebhooks } from '../../../src/webhooks/infrastructure/postgres-webhooks.ts'
import { CAUSE } from '../../support/builders.ts'
import { Receiver } from '../../support/receiver.ts'
import { WebhookStage } from '../../support/webhook-stage.ts'

/** For a busy machine. */
const WITHIN = { timeout: 10_000 }

let stage: WebhookStage
let logged: string[]

beforeAll(async () => {
  stage = await WebhookStage.open()
})
afterAll(() => stage.service.stop())
beforeEach(async () => {
  await stage.reset()
  logged = []
})

/** Webhooks as a replica has them, which may send to this machine. The worker stops when the test ends. */
function webhooks(metrics = new Registry()) {
  const { pool, auditLog, events } = stage.replica
  const log = pino({ base: null }, { write: (line: string) => void logged.push(line) })
  const made = composeWebhooks(postgresWebhooks(pool), { webhookAllowPrivate: true, auditLog, events, metrics, log })
  onTestFinished(() => made.worker.stop())
  return made
}

const idsOf = (receiver: Receiver) => receiver.received.map(({ headers }) => headers['webhook-id'])

describe('the workers of two replicas', () => {
  it('send each event once, signed, in the order of its aggregate', async () => {
    const receiver = await Receiver.open()
    const [one, other] = [webhooks(), webhooks()]
    const { secret } = await one.subscribe.execute({ url: receiver.url, eventTypes: null }, CAUSE)
    const ids = [...(await stage.record('user/a', 5)), ...(await stage.record('user/b', 5))]

    one.worker.start()
    other.worker.start()
    await expect.poll(() => receiver.received.length, WITHIN).toBeGreaterThanOrEqual(10)
    await Promise.all([one.worker.stop(), other.worker.stop()])

    expect(idsOf(receiver)).toHaveLength(10)
    expect(new Set(idsOf(receiver))).toEqual(new Set(ids))
    const events = receiver.received.map(
      ({ body, headers }) => new Webhook(secret).verify(body, headers) as { subject: string; sequence: string },
    )
    for (const ofOne of Map.groupBy(events, ({ subject }) => subject).values())
      expect(ofOne.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5])
  })
})

describe('a worker', () => {
  it('serves other receivers while one keeps it waiting', async () => {
    const [slow, quick] = [await Receiver.open(), await Receiver.open()]
    slow.answer = () => {}
    const { subscribe, worker } = webhooks()
    for (const { url } of [slow, quick]) await subscribe.execute({ url, eventTypes: ['user.banned.v1'] }, CAUSE)
    await stage.record('user/a', 3)

    worker.start()
    await expect.poll(() => quick.received.length, WITHIN).toBe(3)

    expect(slow.received).toHaveLength(1)
    await slow.close()
  })

  it('finishes what it sends before it stops, and leaves the rest to the next one at once', async () => {
    const receiver = await Receiver.open()
    const [one, next] = [webhooks(), webhooks()]
    await one.subscribe.execute({ url: receiver.url, eventTypes: null }, CAUSE)
    const ids = await stage.record('user/a', 2)
    const reached = Promise.withResolvers<() => void>()
    receiver.answer = (response) => reached.resolve(() => response.writeHead(204).end())
    one.worker.start()
    const finish = await reached.promise
    const stopped = one.worker.stop()
    receiver.answer = (response) => response.writeHead(204).end()
    finish()
    await stopped
    expect(idsOf(receiver)).toEqual(ids.slice(0, 1))

    next.worker.start()
    await expect.poll(() => idsOf(receiver), WITHIN).toEqual(ids)
  })

  it('counts outcomes and undelivered events', async () => {
    const receiver = await Receiver.open()
    const metrics = new Registry()
    const { subscribe, worker } = webhooks(metrics)
    await subscribe.execute({ url: receiver.url, eventTypes: null }, CAUSE)
    const [failing] = await stage.record('user/a', 2)
    await stage.record('user/b')
    receiver.answer = (response, { headers }) => response.writeHead(headers['webhook-id'] === failing ? 500 : 200).end()

    worker.start()
    await expect
      .poll(() => metrics.metrics(), WITHIN)
      .toMatch(/lottery_webhook_attempts_total\{outcome="retried"\} 1[\s\S]*outcome="delivered"\} 1/)

    const text = await metrics.metrics()
    for (const line of ['{state="pending"} 1', '{state="failed"} 1', '{state="parked"} 0'])
      expect(text).toContain(`lottery_webhook_deliveries${line}`)
  })

  it.each([
    [410, 'webhook disabled'],
    [500, undefined],
    ['closed', undefined],
  ] as const)('writes neither URL nor secret into the log, after %s', async (answer, message) => {
    const receiver = await Receiver.open()
    const { subscribe, worker, manageWebhooks } = webhooks()
    const url = `${receiver.url}?token=hidden`
    const { webhook, secret } = await subscribe.execute({ url, eventTypes: null }, CAUSE)
    const [event = ''] = await stage.record('user/a')
    if (answer === 'closed') await receiver.close()
    else receiver.answer = (response) => response.writeHead(answer).end()

    worker.start()
    await expect
      .poll(async () => (await manageWebhooks.deliveries(webhook.id, { limit: 1 }))[0]?.attempts, WITHIN)
      .toBe(1)
    await worker.stop()

    const log = logged.join('')
    for (const hidden of [secret, 'hidden', '/hook', '127.0.0.1']) expect(log).not.toContain(hidden)
    if (message !== undefined) expect(JSON.parse(log)).toMatchObject({ webhook: webhook.id, event })
  })
})
