import type { Pool } from 'pg'
import { pooledDatabase } from '../../shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import type { WebhookStorage } from '../application/webhook-storage.ts'
import { DrizzleDeliveryQueue } from './drizzle-delivery-queue.ts'
import { DrizzleSubscriptionRepository } from './drizzle-subscription-repository.ts'
import { DrizzleSubscriptions } from './drizzle-subscriptions.ts'

/** The stored webhooks, and their deliveries as one worker sees them. */
export function postgresWebhooks(pool: Pool): WebhookStorage {
  const db = pooledDatabase(pool)
  return {
    unitOfWork: new PostgresUnitOfWork(pool, (tx) => ({ subscriptions: new DrizzleSubscriptionRepository(tx) })),
    subscriptions: new DrizzleSubscriptions(db),
    queue: new DrizzleDeliveryQueue(db),
  }
}
