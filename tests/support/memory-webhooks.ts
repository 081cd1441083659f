import type { UnitOfWork } from '../../src/shared/application/unit-of-work.ts'
import type { Instant } from '../../src/shared/domain/instant.ts'
import type { Subscriptions } from '../../src/webhooks/application/subscriptions.ts'
import type { SubscriptionRepository, WebhookRepos } from '../../src/webhooks/application/webhook-repos.ts'
import type { SubscriptionStorage } from '../../src/webhooks/application/webhook-storage.ts'
import type { Delivery } from '../../src/webhooks/domain/delivery.ts'
import { Subscription, type SubscriptionState } from '../../src/webhooks/domain/subscription.ts'
import type { Webhook } from '../../src/webhooks/domain/webhook.ts'
import { composeSubscriptions } from '../../src/webhooks/index.ts'
import { MemoryDatabase, MemoryTable, type MemoryTransaction, MemoryUnitOfWork } from './memory-database.ts'

/** A row is null once its webhook is deleted. */
type Rows<Row> = MemoryTable<string, Row | null>

/** The committed rows of webhooks, and the ports over them. No worker sends anything. */
export class MemoryWebhooks implements SubscriptionStorage {
  readonly database: MemoryDatabase
  readonly webhooks: Rows<SubscriptionState> = new MemoryTable()
  readonly secrets: Rows<string> = new MemoryTable()
  /** Deliveries by webhook, for tests to fill. */
  readonly deliveries: Rows<readonly Delivery[]> = new MemoryTable()
  readonly unitOfWork: UnitOfWork<WebhookRepos>
  readonly subscriptions: Subscriptions

  constructor(database: MemoryDatabase) {
    this.database = database
    this.unitOfWork = new MemoryUnitOfWork<WebhookRepos>(database, (transaction) => ({
      subscriptions: new MemorySubscriptionRepository(transaction, this),
    }))
    this.subscriptions = new MemorySubscriptions(this)
  }
}

class MemorySubscriptionRepository implements SubscriptionRepository {
  readonly #transaction: MemoryTransaction
  readonly #store: MemoryWebhooks

  constructor(transaction: MemoryTransaction, store: MemoryWebhooks) {
    this.#transaction = transaction
    this.#store = store
  }

  async now(): Promise<Instant> {
    await this.#transaction.statement()
    return this.#transaction.now
  }

  async add(subscription: Subscription, { secret }: { secret: string }): Promise<void> {
    await this.save(subscription)
    this.#transaction.set(this.#store.secrets, subscription.state.id, secret)
  }

  async lock(id: string): Promise<{ readonly subscription: Subscription | undefined; readonly at: Instant }> {
    await this.#transaction.statement()
    if (this.#transaction.get(this.#store.webhooks, id)) await this.#transaction.lock(`webhook/${id}`)
    await this.#transaction.statement()
    const state = this.#transaction.get(this.#store.webhooks, id)
    return { subscription: state ? Subscription.rehydrate(state) : undefined, at: this.#transaction.now }
  }

  async save(subscription: Subscription): Promise<void> {
    await this.#transaction.statement()
    this.#transaction.set(this.#store.webhooks, subscription.state.id, subscription.state)
    this.#transaction.record(subscription.takeEvents())
  }

  async remove(subscription: Subscription): Promise<void> {
    await this.#transaction.statement()
    const { webhooks, secrets, deliveries } = this.#store
    for (const table of [webhooks, secrets, deliveries])
      this.#transaction.set(table as Rows<unknown>, subscription.state.id, null)
    this.#transaction.record(subscription.takeEvents())
  }

  async parkGone(id: string, eventId: string): Promise<void> {
    const parked = { state: 'parked', lastStatus: 410, lastError: null, retryAt: null } as const
    await this.#change(id, (delivery) =>
      delivery.eventId === eventId ? { ...delivery, ...parked, attempts: delivery.attempts + 1 } : delivery,
    )
  }

  async takeUpGone(id: string): Promise<void> {
    await this.#change(id, (delivery) =>
      delivery.state === 'parked' && delivery.lastStatus === 410
        ? { ...delivery, state: 'pending', attempts: 0 }
        : delivery,
    )
  }

  async #change(id: string, change: (delivery: Delivery) => Delivery): Promise<void> {
    await this.#transaction.statement()
    const deliveries = this.#transaction.get(this.#store.deliveries, id) ?? []
    this.#transaction.set(this.#store.deliveries, id, deliveries.map(change))
  }
}

class MemorySubscriptions implements Subscriptions {
  readonly #store: MemoryWebhooks

  constructor(store: MemoryWebhooks) {
    this.#store = store
  }

  async find(id: string): Promise<Webhook | undefined> {
    await this.#store.database.reach()
    const state = this.#store.webhooks.rows.get(id)
    return state ? webhookOf(state) : undefined
  }

  async list(): Promise<readonly Webhook[]> {
    await this.#store.database.reach()
    return [...this.#store.webhooks.rows.values()]
      .flatMap((state) => (state ? webhookOf(state) : []))
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  }

  async deliveries(id: string, { limit, before = Number.POSITIVE_INFINITY }: { limit: number; before?: number }) {
    await this.#store.database.reach()
    const found = (this.#store.deliveries.rows.get(id) ?? []).filter(({ auditIndex }) => auditIndex < before)
    return found.sort((a, b) => b.auditIndex - a.auditIndex).slice(0, limit)
  }

  async redeliver(id: string, eventId: string): Promise<Delivery | undefined> {
    await this.#store.database.reach()
    const all = this.#store.deliveries.rows.get(id) ?? []
    const delivery = all.find((known) => known.eventId === eventId)
    if (!delivery) return undefined
    const again: Delivery = { ...delivery, state: 'pending', attempts: 0, retryAt: null, deliveredAt: null }
    this.#store.deliveries.rows.set(
      id,
      all.map((known) => (known === delivery ? again : known)),
    )
    return again
  }
}

function webhookOf({ id, url, eventTypes, createdAt, disabledAt }: SubscriptionState): Webhook {
  return { id, url, eventTypes, createdAt, disabledAt }
}

/** The routes' view of a service without webhooks. */
export const NO_WEBHOOKS = composeSubscriptions(new MemoryWebhooks(new MemoryDatabase()), {
  auditLog: { size: async () => 0 },
})
