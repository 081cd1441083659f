import { and, asc, desc, eq, lt } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { Subscriptions } from '../application/subscriptions.ts'
import type { Delivery } from '../domain/delivery.ts'
import type { Webhook } from '../domain/webhook.ts'
import { deliveryOf, webhookOf } from './rows.ts'
import { webhookDeliveries, webhooks } from './schema.ts'

export class DrizzleSubscriptions implements Subscriptions {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async find(id: string): Promise<Webhook | undefined> {
    const [row] = await this.#db.select().from(webhooks).where(eq(webhooks.id, id))
    return row && webhookOf(row)
  }

  async list(): Promise<readonly Webhook[]> {
    return (await this.#db.select().from(webhooks).orderBy(asc(webhooks.createdAt), asc(webhooks.id))).map(webhookOf)
  }

  async deliveries(id: string, { limit, before }: { limit: number; before?: number }): Promise<readonly Delivery[]> {
    const isBefore = before === undefined ? undefined : lt(webhookDeliveries.auditIndex, before)
    const rows = await this.#db
      .select()
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.webhookId, id), isBefore))
      .orderBy(desc(webhookDeliveries.auditIndex))
      .limit(limit)
    return rows.map(deliveryOf)
  }

  async redeliver(id: string, eventId: string): Promise<Delivery | undefined> {
    const [row] = await this.#db
      .update(webhookDeliveries)
      .set({ state: 'pending', attempts: 0, retryAt: null, deliveredAt: null })
      .where(and(eq(webhookDeliveries.webhookId, id), eq(webhookDeliveries.eventId, eventId)))
      .returning()
    return row && deliveryOf(row)
  }
}
