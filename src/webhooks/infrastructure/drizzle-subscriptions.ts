import { and, asc, desc, eq, lt, sql } from 'drizzle-orm'
import type { Pool } from 'pg'
import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import { type Database, pooledDatabase } from '../../shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import type { NewWebhook, Subscriptions } from '../application/subscriptions.ts'
import type { Delivery } from '../domain/delivery.ts'
import type { Webhook } from '../domain/webhook.ts'
import { webhookDeliveries, webhookSecrets, webhooks } from './schema.ts'

export class DrizzleSubscriptions implements Subscriptions {
  readonly #db: Database
  readonly #work: UnitOfWork<{ db: Database }>

  constructor(pool: Pool) {
    this.#db = pooledDatabase(pool)
    this.#work = new PostgresUnitOfWork(pool, (db) => ({ db }))
  }

  add({ id, url, eventTypes, secret, from }: NewWebhook): Promise<Webhook> {
    const types = eventTypes && [...eventTypes]
    return this.#work.run(async ({ db }) => {
      const [row] = await db
        .insert(webhooks)
        .values({ id, url, eventTypes: types, nextIndex: from, createdAt: sql`clock_timestamp()` })
        .returning()
      await db.insert(webhookSecrets).values({ webhookId: id, secret })
      return webhookOf(row as WebhookRow)
    })
  }

  async find(id: string): Promise<Webhook | undefined> {
    const [row] = await this.#db.select().from(webhooks).where(eq(webhooks.id, id))
    return row && webhookOf(row)
  }

  async list(): Promise<readonly Webhook[]> {
    return (await this.#db.select().from(webhooks).orderBy(asc(webhooks.id))).map(webhookOf)
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#db.delete(webhooks).where(eq(webhooks.id, id)).returning({ id: webhooks.id })).length > 0
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

type WebhookRow = typeof webhooks.$inferSelect

function webhookOf({ id, url, eventTypes, createdAt, disabledAt }: WebhookRow): Webhook {
  return { id, url, eventTypes, createdAt: createdAt.getTime(), disabledAt: disabledAt?.getTime() ?? null }
}

function deliveryOf(row: typeof webhookDeliveries.$inferSelect): Delivery {
  return { ...row, retryAt: row.retryAt?.getTime() ?? null, deliveredAt: row.deliveredAt?.getTime() ?? null }
}
