import type { NewWebhook, Subscriptions } from '../../src/webhooks/application/subscriptions.ts'
import type { Delivery } from '../../src/webhooks/domain/delivery.ts'
import type { Webhook } from '../../src/webhooks/domain/webhook.ts'
import { composeSubscriptions } from '../../src/webhooks/index.ts'
import { ManualClock } from './manual-clock.ts'

/** Webhooks in memory. `secrets` and `deliveriesOf` are for tests to read and to fill. */
export class MemoryWebhooks implements Subscriptions {
  readonly secrets = new Map<string, string>()
  readonly deliveriesOf = new Map<string, Delivery[]>()
  readonly #rows = new Map<string, Webhook>()
  readonly #clock: ManualClock

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  async add({ id, url, eventTypes, secret }: NewWebhook): Promise<Webhook> {
    const webhook = { id, url, eventTypes, createdAt: this.#clock.now(), disabledAt: null }
    this.#rows.set(id, webhook)
    this.secrets.set(id, secret)
    return webhook
  }

  async find(id: string): Promise<Webhook | undefined> {
    return this.#rows.get(id)
  }

  async list(): Promise<readonly Webhook[]> {
    return [...this.#rows.values()]
  }

  async remove(id: string): Promise<boolean> {
    return this.#rows.delete(id)
  }

  async deliveries(id: string, { limit, before = Number.POSITIVE_INFINITY }: { limit: number; before?: number }) {
    const found = (this.deliveriesOf.get(id) ?? []).filter(({ auditIndex }) => auditIndex < before)
    return found.sort((a, b) => b.auditIndex - a.auditIndex).slice(0, limit)
  }

  async redeliver(id: string, eventId: string): Promise<Delivery | undefined> {
    const all = this.deliveriesOf.get(id) ?? []
    const delivery = all.find((known) => known.eventId === eventId)
    if (!delivery) return undefined
    const again: Delivery = { ...delivery, state: 'pending', attempts: 0, retryAt: null, deliveredAt: null }
    this.deliveriesOf.set(id, [...all.filter((known) => known !== delivery), again])
    return again
  }

  disable(id: string): void {
    const webhook = this.#rows.get(id)
    if (webhook) this.#rows.set(id, { ...webhook, disabledAt: this.#clock.now() })
  }
}

/** The routes' view of a service without webhooks. */
export const NO_WEBHOOKS = composeSubscriptions(new MemoryWebhooks(new ManualClock()), {
  auditLog: { size: async () => 0 },
})
