import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { WebhookRepos } from './webhook-repos.ts'

/** The ports that operators' use cases need. */
export interface SubscriptionStorage {
  readonly unitOfWork: UnitOfWork<WebhookRepos>
  readonly subscriptions: Subscriptions
}

/** The ports of this context that technologies of storage implement. */
export interface WebhookStorage extends SubscriptionStorage {
  readonly queue: DeliveryQueue
}
