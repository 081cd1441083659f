import type { Pool } from 'pg'
import { pooledDatabase } from '../../shared/infrastructure/postgres-pool.ts'
import type { WebhookStorage } from '../compose.ts'
import { DrizzleDeliveryQueue } from './drizzle-delivery-queue.ts'
import { DrizzleSubscriptions } from './drizzle-subscriptions.ts'

/** The stored webhooks, and their deliveries as one worker sees them. */
export function postgresWebhooks(pool: Pool): WebhookStorage {
  return { subscriptions: new DrizzleSubscriptions(pool), queue: new DrizzleDeliveryQueue(pooledDatabase(pool)) }
}
