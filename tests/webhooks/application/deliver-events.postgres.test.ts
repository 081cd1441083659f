import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPool, pooledDatabase } from '../../../src/shared/infrastructure/postgres-pool.ts'
import { mintUuid } from '../../../src/shared/infrastructure/uuid.ts'
import { LEASE_MS } from '../../../src/webhooks/application/delivery-queue.ts'
import { DrizzleDeliveryQueue } from '../../../src/webhooks/infrastructure/drizzle-delivery-queue.ts'
import { countTo, race } from '../../support/postgres-service.ts'
import { WebhookStage } from '../../support/webhook-stage.ts'

let stage: WebhookStage

beforeAll(async () => {
  stage = await WebhookStage.open()
})
afterAll(() => stage.service.stop())
beforeEach(() => stage.reset())

describe('a worker', () => {
  it('that dies after a request loses nothing: another one sends the event again, under the same id', async () => {
    const id = await stage.subscribe()
    const ids = await stage.record('user/a', 2)
    await stage.enqueue()
    const dying = createPool({ url: stage.service.url, max: 1 })
    stage.receiver.beforeAnswer = () => dying.end() // as after a kill, the next statement never arrives
    const queue = new DrizzleDeliveryQueue(pooledDatabase(dying))
    await expect(stage.deliverEventsOf(queue).execute(id)).rejects.toThrow()
    stage.receiver.beforeAnswer = async () => {}

    await stage.drain()
    expect(stage.receiver.received).toHaveLength(1) // the lease of the dead one
    await stage.service.clock.advance({ seconds: LEASE_MS / 1_000 + 1 })
    await stage.drain()

    expect(stage.receiver.received.map((event) => event.id)).toEqual([ids[0], ...ids])
  })

  it('holds no transaction and no lock while it waits for the receiver', async () => {
    await stage.subscribe()
    await stage.record('user/a')
    const open = `select 1 from pg_stat_activity where datname = current_database() and xact_start is not null
      and pid <> pg_backend_pid() and backend_type = 'client backend'`
    let found: unknown
    stage.receiver.beforeAnswer = async () => {
      found = await stage.service.query(open)
    }

    await stage.drain()

    expect(found).toEqual([])
  })

  it('among several at once sends every event once', async () => {
    for (const _ of countTo(3)) await stage.subscribe(['user.banned.v1'])
    for (const n of countTo(5)) await stage.record(`user/${n}`, 8)
    stage.receiver.beforeAnswer = () => stage.service.query('select pg_sleep(0.002)')
    const queues = countTo(4).map(() => new DrizzleDeliveryQueue(pooledDatabase(stage.replica.pool)))

    await race(4, async (n) => {
      const queue = queues[n] as DrizzleDeliveryQueue
      const deliverEvents = stage.deliverEventsOf(queue)
      await stage.enqueue(queue)
      for (let ids = await queue.due(); ids.length > 0; ids = await queue.due())
        for (const id of ids) while ((await deliverEvents.execute(id)).length > 0);
    })

    expect(stage.receiver.received).toHaveLength(3 * 5 * 8)
    expect(await stage.queue.backlog()).toEqual({ pending: 0, failed: 0, parked: 0 })
  })

  it('does not wait for the lease of a disabled webhook, nor send to one whose lease another holds', async () => {
    const id = await stage.subscribe()
    const other = new DrizzleDeliveryQueue(pooledDatabase(stage.replica.pool))

    expect(await stage.queue.hold(id)).toMatchObject({ url: 'https://receiver.example/hook' })
    expect(await other.hold(id)).toBeUndefined()
    expect(await stage.queue.hold(id)).toBeDefined()
    await stage.queue.release(id)
    expect(await other.hold(id)).toBeDefined()
    await stage.disableWebhook.execute(id, mintUuid())
    expect(await other.hold(id)).toBeUndefined()
  })
})
