import { and, eq, sql } from 'drizzle-orm'
import type { Instant } from '../../shared/domain/instant.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { SubscriptionRepository } from '../application/webhook-repos.ts'
import { Subscription } from '../domain/subscription.ts'
import { subscriptionOf } from './rows.ts'
import { webhookDeliveries as deliveries, webhookSecrets, webhooks } from './schema.ts'

const GONE = 410

export class DrizzleSubscriptionRepository implements SubscriptionRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async now(): Promise<Instant> {
    return readClock(this.#db)
  }

  async add(subscription: Subscription, { secret, from }: { secret: string; from: number }): Promise<void> {
    const { id, url, eventTypes, createdAt, lastSeq } = subscription.state
    await this.#db.insert(webhooks).values({
      id,
      url,
      eventTypes: eventTypes && [...eventTypes],
      nextIndex: from,
      createdAt: new Date(createdAt),
      lastSeq,
    })
    await this.#db.insert(webhookSecrets).values({ webhookId: id, secret })
    await addToOutbox(this.#db, subscription.takeEvents())
  }

  async lock(id: string): Promise<{ readonly subscription: Subscription | undefined; readonly at: Instant }> {
    const [row] = await this.#db.select().from(webhooks).where(eq(webhooks.id, id)).for('update')
    return { subscription: row && Subscription.rehydrate(subscriptionOf(row)), at: await readClock(this.#db) }
  }

  async save(subscription: Subscription): Promise<void> {
    const { id, disabledAt, lastSeq } = subscription.state
    await this.#db
      .update(webhooks)
      .set({ disabledAt: disabledAt === null ? null : new Date(disabledAt), lastSeq })
      .where(eq(webhooks.id, id))
    await addToOutbox(this.#db, subscription.takeEvents())
  }

  async remove(subscription: Subscription): Promise<void> {
    await this.#db.delete(webhooks).where(eq(webhooks.id, subscription.state.id))
    await addToOutbox(this.#db, subscription.takeEvents())
  }

  async parkGone(id: string, eventId: string): Promise<void> {
    const parked = { state: 'parked', lastStatus: GONE, lastError: null, retryAt: null } as const
    await this.#db
      .update(deliveries)
      .set({ ...parked, attempts: sql`${deliveries.attempts} + 1` })
      .where(and(eq(deliveries.webhookId, id), eq(deliveries.eventId, eventId)))
  }

  async takeUpGone(id: string): Promise<void> {
    await this.#db
      .update(deliveries)
      .set({ state: 'pending', attempts: 0 })
      .where(and(eq(deliveries.webhookId, id), eq(deliveries.state, 'parked'), eq(deliveries.lastStatus, GONE)))
  }
}
