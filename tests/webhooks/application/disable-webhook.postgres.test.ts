import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { MAX_ATTEMPTS } from '../../../src/webhooks/domain/delivery.ts'
import { CAUSE } from '../../support/builders.ts'
import { countTo } from '../../support/postgres-service.ts'
import { WebhookStage } from '../../support/webhook-stage.ts'

let stage: WebhookStage

beforeAll(async () => {
  stage = await WebhookStage.open()
})
afterAll(() => stage.service.stop())
beforeEach(() => stage.reset())

describe('a delivery', () => {
  it('that is answered 410 disables the webhook, which gets nothing more until it is enabled', async () => {
    const id = await stage.subscribe(['user.banned.v1'])
    const [gone = ''] = await stage.record('user/a', 2)
    stage.receiver.statuses.set(gone, 410)

    await stage.drain()
    await stage.record('user/b')
    await stage.drain()

    const { manageWebhooks } = stage.replica.webhooks
    expect(stage.receiver.received).toHaveLength(1)
    expect((await manageWebhooks.find(id)).disabledAt).toBeGreaterThan(Date.parse('2031-05-14T12:00:00Z'))
    await expect(manageWebhooks.redeliver(id, gone)).rejects.toThrow('answered 410')
    expect(await stage.queue.backlog()).toEqual({ pending: 0, failed: 0, parked: 0 })

    stage.receiver.statuses.clear()
    const enabled = await manageWebhooks.enable(id, CAUSE)
    await stage.drain()

    expect([enabled.disabledAt, (await manageWebhooks.find(id)).disabledAt]).toEqual([null, null])
    expect(stage.receiver.seqs()).toEqual({ 'user/a': [1, 1, 2], 'user/b': [1] })
    expect(await stage.states(id)).toEqual(Array(3).fill('delivered 1'))
  })

  it('that was parked after its attempts stays parked when the webhook is enabled', async () => {
    const id = await stage.subscribe(['user.banned.v1'])
    const [[failing = ''], [gone = '']] = [await stage.record('user/a'), await stage.record('user/b')]
    stage.receiver.statuses.set(failing, 503).set(gone, 410)
    await stage.enqueue()
    await stage.service.query('update webhook_deliveries set attempts = $1 where event_id = $2', [
      MAX_ATTEMPTS - 1,
      failing,
    ])
    await stage.drain()
    expect(await stage.states(id)).toEqual([`parked ${MAX_ATTEMPTS}`, 'parked 1'])

    await stage.replica.webhooks.manageWebhooks.enable(id, CAUSE)

    expect(await stage.states(id)).toEqual([`parked ${MAX_ATTEMPTS}`, 'pending 0'])
  })
})

describe('the events of webhooks', () => {
  it('are delivered to the other webhooks, and to none about itself', async () => {
    const watching = await stage.subscribe()
    await stage.replica.auditLog.sequenceNow()
    const { manageWebhooks } = stage.replica.webhooks
    const watched = await stage.subscribe()
    const [event = ''] = await stage.record('user/a')
    await stage.drain()
    const typesOf = async (id: string) =>
      (await manageWebhooks.deliveries(id, { limit: 10 })).map(({ type }) => type).reverse()
    expect(await typesOf(watched)).toEqual(['user.banned.v1'])

    await stage.disableWebhook.execute(watched, event)
    await manageWebhooks.enable(watched, CAUSE)
    await stage.replica.auditLog.sequenceNow()
    await stage.drain()
    expect(await typesOf(watched)).toEqual(['user.banned.v1'])
    await manageWebhooks.remove(watched, CAUSE)
    await stage.replica.auditLog.sequenceNow()
    await stage.drain()

    expect(await typesOf(watching)).toEqual([
      'webhook.created.v1',
      'user.banned.v1',
      'webhook.disabled.v1',
      'webhook.enabled.v1',
      'webhook.deleted.v1',
    ])
  })

  it('come to an end when every receiver answers 410 to all of them', async () => {
    const ids = [await stage.subscribe(), await stage.subscribe(), await stage.subscribe()]
    stage.receiver.statusOfAll = 410

    for (let sent = -1; sent < stage.receiver.received.length; ) {
      sent = stage.receiver.received.length
      await stage.replica.auditLog.sequenceNow()
      await stage.drain()
    }

    const ofWebhooks = `select from outbox where type = 'webhook.disabled.v1' and aggregate = any($1)`
    expect(await stage.service.query(ofWebhooks, [ids.map((id) => `webhook/${id}`)])).toHaveLength(ids.length)
  })

  it('are stored with the change, or neither is', async () => {
    const id = await stage.subscribe()
    const [event = ''] = await stage.record('user/a')
    await stage.enqueue()
    await stage.service.query(`create function refuse() returns trigger language plpgsql as $$
      begin raise 'refused'; end $$; create trigger refuse before insert on outbox execute function refuse()`)
    onTestFinished(() => stage.service.query('drop function refuse cascade').then(() => {}))

    const changes = [
      () => stage.disableWebhook.execute(id, event),
      () => stage.replica.webhooks.manageWebhooks.remove(id, CAUSE),
      () => stage.subscribe(),
    ]
    for (const change of changes) await expect(change()).rejects.toThrow()

    expect(await stage.replica.webhooks.manageWebhooks.list()).toMatchObject([{ id, disabledAt: null }])
    expect(await stage.states(id)).toEqual(['pending 0'])
  })

  it('of a 410 are one, among eight answers at once', async () => {
    const id = await stage.subscribe()
    for (const n of countTo(8)) await stage.record(`user/${n}`)
    stage.receiver.statusOfAll = 410

    await stage.drain()

    expect(stage.receiver.received).toHaveLength(8)
    expect(await stage.states(id)).toEqual(Array(8).fill('parked 1'))
    expect(
      await stage.service.query('select type, seq::int, actor from outbox where aggregate = $1 order by seq', [
        `webhook/${id}`,
      ]),
    ).toEqual([
      { type: 'webhook.created.v1', seq: 1, actor: CAUSE.actor },
      { type: 'webhook.disabled.v1', seq: 2, actor: 'service' },
    ])
  })
})
