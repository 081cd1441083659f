import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MAX_ATTEMPTS } from '../../../src/webhooks/domain/delivery.ts'
import { CAUSE } from '../../support/builders.ts'
import { countTo } from '../../support/postgres-service.ts'
import { prune, RETENTION_DAYS } from '../../support/pruned.ts'
import { WebhookStage } from '../../support/webhook-stage.ts'

let stage: WebhookStage

beforeAll(async () => {
  stage = await WebhookStage.open()
})
afterAll(() => stage.service.stop())
beforeEach(() => stage.reset())

describe('a subscription', () => {
  it('gets the events that are recorded after it was made, each once, in the order of their aggregates', async () => {
    await stage.record('user/a', 2)
    const id = await stage.subscribe()
    for (const aggregate of ['user/a', 'user/b', 'user/c']) await stage.record(aggregate, 33)

    await stage.drain()
    await stage.drain()

    const all = countTo(33)
    expect(stage.receiver.seqs()).toEqual({ 'user/a': all.map((n) => n + 2), 'user/b': all, 'user/c': all })
    expect(await stage.states(id)).toEqual(Array(99).fill('delivered 1'))
    expect(await stage.queue.backlog()).toEqual({ pending: 0, failed: 0, parked: 0 })
  })

  it('gets only the types that it names', async () => {
    await stage.subscribe(['user.unbanned.v1'])
    await stage.record('user/a', 2)
    const wanted = await stage.record('user/a', 1, 'user.unbanned.v1')

    await stage.drain()

    expect(stage.receiver.received.map(({ id }) => id)).toEqual(wanted)
  })

  it('does not miss an event whose transaction began first and committed last', async () => {
    await stage.subscribe()
    const slow = await stage.replica.pool.connect()
    await slow.query('begin')
    await slow.query(`insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
      values ('user/slow', 1, gen_random_uuid(), 'user.banned.v1', '{}', 'anonymous', clock_timestamp())`)
    await stage.record('user/fast')
    await stage.drain()
    await slow.query('commit')
    slow.release()
    await stage.replica.auditLog.sequenceNow()

    await stage.drain()

    expect(Object.keys(stage.receiver.seqs())).toEqual(['user/fast', 'user/slow'])
  })

  it('gets events that were pruned from the outbox before they were sent', async () => {
    await stage.subscribe()
    const ids = await stage.record('user/a', 3, 'user.registered.v1')
    await stage.service.query('update outbox set published_at = occurred_at where id = any($1)', [ids])
    await stage.service.clock.advance({ days: RETENTION_DAYS + 1 })
    expect(await prune(stage.replica.pool)).toBe(3)

    await stage.drain()

    expect(stage.receiver.received.map(({ id }) => id)).toEqual(ids)
  })

  it('takes a long log in steps, and says whether more waits', async () => {
    await stage.subscribe()
    await stage.record('user/a', 501)
    const size = await stage.replica.auditLog.size()

    expect([await stage.queue.enqueue(size), await stage.queue.enqueue(size)]).toEqual([true, false])
    expect(await stage.queue.enqueue(size)).toBe(false)
    expect((await stage.queue.backlog()).pending).toBe(501)
  })

  it('is gone with its deliveries and its secret after it was deleted', async () => {
    const id = await stage.subscribe()
    await stage.record('user/a')
    await stage.enqueue()

    await stage.replica.webhooks.manageWebhooks.remove(id, CAUSE)
    await stage.drain()

    expect(stage.receiver.received).toEqual([])
    for (const table of ['webhooks', 'webhook_secrets', 'webhook_deliveries'])
      expect(await stage.service.query(`select from ${table}`)).toEqual([])
  })
})

describe('a failed delivery', () => {
  it('is retried after longer and longer times, while other aggregates go on', async () => {
    const id = await stage.subscribe()
    const [failing = ''] = await stage.record('user/a', 2)
    await stage.record('user/b', 2)
    stage.receiver.statuses.set(failing, 500)
    await stage.drain()
    expect(stage.receiver.seqs()).toEqual({ 'user/a': [1], 'user/b': [1, 2] })
    expect(await stage.states(id)).toEqual(['pending 1', 'pending 0', 'delivered 1', 'delivered 1'])
    expect(await stage.queue.backlog()).toEqual({ pending: 1, failed: 1, parked: 0 })

    const retryAt = async () => {
      const deliveries = await stage.replica.webhooks.manageWebhooks.deliveries(id, { limit: 10 })
      return deliveries.find(({ eventId }) => eventId === failing)?.retryAt ?? 0
    }

    const first = await retryAt()
    await stage.service.clock.moveTo(first - 10_000)
    await stage.drain()
    expect(await stage.states(id)).toContain('pending 1')
    await stage.service.clock.moveTo(first)
    await stage.drain()
    expect(await stage.states(id)).toContain('pending 2')
    const second = await retryAt()
    expect(second - first).toBeGreaterThanOrEqual(5_000)
    stage.receiver.statuses.clear()
    await stage.service.clock.moveTo(second)
    await stage.drain()

    expect(stage.receiver.seqs()).toEqual({ 'user/a': [1, 1, 1, 2], 'user/b': [1, 2] })
    expect((await stage.states(id))[0]).toBe('delivered 3')
  })

  it('is parked after the last attempt, and a redelivery takes it and its aggregate up again', async () => {
    const id = await stage.subscribe()
    const [failing = ''] = await stage.record('user/a', 2)
    stage.receiver.statuses.set(failing, 503)
    for (const _ of countTo(MAX_ATTEMPTS + 3)) {
      await stage.drain()
      await stage.service.clock.advance({ hours: 12 })
    }
    expect(stage.receiver.received).toHaveLength(MAX_ATTEMPTS)
    expect(await stage.states(id)).toEqual([`parked ${MAX_ATTEMPTS}`, 'pending 0'])
    expect(await stage.queue.backlog()).toEqual({ pending: 1, failed: 0, parked: 1 })

    stage.receiver.statuses.clear()
    const again = await stage.replica.webhooks.manageWebhooks.redeliver(id, failing)
    await stage.drain()

    expect(again).toMatchObject({ state: 'pending', attempts: 0, lastStatus: 503 })
    expect(await stage.states(id)).toEqual(['delivered 1', 'delivered 1'])
    expect(stage.receiver.received.slice(-2).map(({ seq }) => seq)).toEqual([1, 2])
  })
})

describe('a delivered event', () => {
  it('is sent again on demand, under the same id', async () => {
    const id = await stage.subscribe()
    const [event = ''] = await stage.record('user/a')
    await stage.drain()

    await stage.replica.webhooks.manageWebhooks.redeliver(id, event)
    await stage.drain()

    expect(stage.receiver.received.map((received) => received.id)).toEqual([event, event])
  })

  it('is forgotten after 30 days, and an undelivered one is not', async () => {
    const id = await stage.subscribe()
    const [, failing = ''] = [...(await stage.record('user/a')), ...(await stage.record('user/b'))]
    stage.receiver.statuses.set(failing, 500)
    await stage.drain()

    await stage.service.clock.advance({ days: 29 })
    await stage.queue.forgetDelivered(30)
    expect(await stage.states(id)).toEqual(['delivered 1', 'pending 1'])
    await stage.service.clock.advance({ days: 2 })
    expect(await stage.queue.forgetDelivered(30)).toBe(false)
    expect(await stage.states(id)).toEqual(['pending 1'])
  })
})
