import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Delivery } from '../../src/webhooks/domain/delivery.ts'
import { Subscription } from '../../src/webhooks/domain/subscription.ts'
import { CAUSE, instant, NOON, userId } from '../support/builders.ts'
import { hold } from '../support/holding.ts'
import type { OpenWorld, World } from './world.ts'

const [ONE, OTHER] = [userId(1), userId(2)]
const URL_OF_RECEIVER = 'https://receiver.example/hook?token=x'

/** The delivery of the n-th event of the audit log, which was received. */
function aDelivery(n: number, given: Partial<Delivery> = {}): Delivery {
  return {
    eventId: userId(100 + n),
    type: 'user.banned.v1',
    aggregate: `user/${n}`,
    auditIndex: n,
    state: 'delivered',
    attempts: 2,
    lastStatus: 204,
    lastError: null,
    retryAt: null,
    deliveredAt: NOON,
    ...given,
  }
}

export function subscriptionsContract(open: OpenWorld): void {
  describe('Subscriptions and SubscriptionRepository', () => {
    let world: World
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const add = (id: string, eventTypes: readonly string[] | null = null) =>
      world.webhookWork.run(async ({ subscriptions }) => {
        const subscription = Subscription.make(
          { id, url: URL_OF_RECEIVER, eventTypes },
          await subscriptions.now(),
          CAUSE,
        )
        await subscriptions.add(subscription, { secret: `whsec_${id}`, from: 0 })
      })
    const lock = (id: string) => world.webhookWork.run(({ subscriptions }) => subscriptions.lock(id))
    const holdDisabling = (id: string) =>
      hold(world.webhookWork, async ({ subscriptions }) => {
        const { subscription, at } = await subscriptions.lock(id)
        subscription?.disable(at, CAUSE)
        await subscriptions.save(subscription as Subscription)
      })
    const remove = (id: string) =>
      world.webhookWork.run(async ({ subscriptions }) => {
        const { subscription, at } = await subscriptions.lock(id)
        subscription?.end(at, CAUSE)
        await subscriptions.remove(subscription as Subscription)
      })
    const deliver = async (id: string, ...deliveries: readonly Delivery[]) => {
      for (const delivery of deliveries) await world.addDelivery(id, delivery)
    }
    const deliveries = (id: string) => world.subscriptions.deliveries(id, { limit: 10 })
    const typesOfEvents = async () => (await world.outbox()).map(({ seq, type }) => `${seq} ${type}`)

    it('list all webhooks, oldest first, whatever their ids', async () => {
      await add(OTHER, ['user.banned.v1', 'user.unbanned.v1'])
      await world.clock.moveTo('2026-03-10T13:00:00Z')
      await add(ONE)

      const all = await world.subscriptions.list()

      const common = { url: URL_OF_RECEIVER, disabledAt: null, createdAt: expect.any(Number) }
      expect(all).toEqual([
        { ...common, id: OTHER, eventTypes: ['user.banned.v1', 'user.unbanned.v1'] },
        { ...common, id: ONE, eventTypes: null },
      ])
      expect(all[1]?.createdAt).toBeGreaterThanOrEqual(instant('2026-03-10T13:00:00Z'))
      expect(await world.subscriptions.find(ONE)).toEqual(all[1])
      expect(await world.subscriptions.find(userId(3))).toBeUndefined()
    })

    it('store a change with its event, and neither when the unit of work is rolled back', async () => {
      await add(ONE)
      await (await holdDisabling(ONE)).rollBack()
      expect([(await world.subscriptions.find(ONE))?.disabledAt, await typesOfEvents()]).toEqual([
        null,
        ['1 webhook.created.v1'],
      ])

      await (await holdDisabling(ONE)).commit()

      expect((await world.subscriptions.find(ONE))?.disabledAt).toBeGreaterThanOrEqual(NOON)
      expect(await typesOfEvents()).toEqual(['1 webhook.created.v1', '2 webhook.disabled.v1'])
      expect((await lock(ONE)).subscription?.state).toEqual({ ...(await world.subscriptions.find(ONE)), lastSeq: 2 })
    })

    it('lock a webhook, so that a change that waited sees the one before it', async () => {
      await add(ONE)
      const holder = await holdDisabling(ONE)
      const waiting = lock(ONE)
      await world.untilWaiting(1)
      await world.clock.advance({ seconds: 1 })
      const released = await world.clock.now()
      await holder.commit()

      const { subscription, at } = await waiting

      expect(subscription?.state.lastSeq).toBe(2)
      expect(at).toBeGreaterThanOrEqual(released)
      expect((await lock(userId(3))).subscription).toBeUndefined()
    })

    it('delete a webhook with its secret and its deliveries, and no other one', async () => {
      for (const id of [ONE, OTHER]) {
        await add(id)
        await deliver(id, aDelivery(1))
      }

      await remove(ONE)

      expect((await world.subscriptions.list()).map(({ id }) => id)).toEqual([OTHER])
      expect(await world.webhookSecrets()).toEqual([`whsec_${OTHER}`])
      expect([await deliveries(ONE), await deliveries(OTHER)]).toEqual([[], [aDelivery(1)]])
      expect(await world.subscriptions.redeliver(ONE, aDelivery(1).eventId)).toBeUndefined()
      expect((await lock(ONE)).subscription).toBeUndefined()
      expect(await typesOfEvents()).toContain('2 webhook.deleted.v1')
    })

    it('list deliveries in pages, newest event first', async () => {
      await add(ONE)
      const failed = aDelivery(2, {
        state: 'pending',
        lastStatus: null,
        lastError: 'timeout',
        retryAt: NOON,
        deliveredAt: null,
      })
      await deliver(ONE, aDelivery(1), aDelivery(3), failed)

      expect(await world.subscriptions.deliveries(ONE, { limit: 2 })).toEqual([aDelivery(3), failed])
      expect(await world.subscriptions.deliveries(ONE, { limit: 2, before: 2 })).toEqual([aDelivery(1)])
      expect(await deliveries(OTHER)).toEqual([])
    })

    it('make one delivery pending again, whatever its state', async () => {
      for (const id of [ONE, OTHER]) await add(id)
      await deliver(ONE, aDelivery(1), aDelivery(2, { retryAt: NOON, state: 'parked', lastStatus: 500 }))
      const again = { state: 'pending', attempts: 0, retryAt: null, deliveredAt: null } as const

      const { eventId } = aDelivery(2)

      expect(await world.subscriptions.redeliver(ONE, eventId)).toEqual(aDelivery(2, { ...again, lastStatus: 500 }))
      expect(await deliveries(ONE)).toEqual([aDelivery(2, { ...again, lastStatus: 500 }), aDelivery(1)])
      expect(await world.subscriptions.redeliver(OTHER, eventId)).toBeUndefined()
      expect(await world.subscriptions.redeliver(ONE, userId(3))).toBeUndefined()
    })

    it('park what was answered 410, and take up that and nothing else', async () => {
      for (const id of [ONE, OTHER]) await add(id)
      const failed = aDelivery(1, {
        state: 'pending',
        lastStatus: null,
        lastError: 'timeout',
        retryAt: NOON,
        deliveredAt: null,
      })
      const exhausted = aDelivery(2, { state: 'parked', lastStatus: 503, attempts: 15, deliveredAt: null })
      for (const id of [ONE, OTHER]) await deliver(id, failed, exhausted)
      const untouched = await deliveries(OTHER)

      await world.webhookWork.run(({ subscriptions }) => subscriptions.parkGone(ONE, failed.eventId))
      const gone: Delivery = {
        ...failed,
        state: 'parked',
        attempts: 3,
        lastStatus: 410,
        lastError: null,
        retryAt: null,
      }
      expect(await deliveries(ONE)).toEqual([exhausted, gone])
      await world.webhookWork.run(({ subscriptions }) => subscriptions.takeUpGone(ONE))

      expect(await deliveries(ONE)).toEqual([exhausted, { ...gone, state: 'pending', attempts: 0 }])
      expect(await deliveries(OTHER)).toEqual(untouched)
    })
  })
}
