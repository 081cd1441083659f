import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import type { Delivery } from '../domain/delivery.ts'
import { DeliveryNotFound, WebhookDisabled, WebhookNotFound } from '../domain/errors.ts'
import type { Webhook } from '../domain/webhook.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { SubscriptionRepository, WebhookRepos } from './webhook-repos.ts'

/** What operators look up and change of webhooks that exist. */
export class ManageWebhooks {
  readonly #unitOfWork: UnitOfWork<WebhookRepos>
  readonly #subscriptions: Subscriptions

  constructor(unitOfWork: UnitOfWork<WebhookRepos>, subscriptions: Subscriptions) {
    this.#unitOfWork = unitOfWork
    this.#subscriptions = subscriptions
  }

  list(): Promise<readonly Webhook[]> {
    return this.#subscriptions.list()
  }

  /** @throws WebhookNotFound */
  async find(id: string): Promise<Webhook> {
    const webhook = await this.#subscriptions.find(id)
    if (!webhook) throw new WebhookNotFound(id)
    return webhook
  }

  /** Ends a subscription. A request that is being sent may still arrive. @throws WebhookNotFound */
  async remove(id: string, cause: Cause): Promise<void> {
    await this.#unitOfWork.run(async ({ subscriptions }) => {
      const { subscription, at } = await lock(subscriptions, id)
      subscription.end(at, cause)
      await subscriptions.remove(subscription)
    })
  }

  /**
   * Begins the sending to a disabled webhook again: what waited, what was answered 410, and the events recorded meanwhile.
   * Changes nothing when the webhook is not disabled.
   * @throws WebhookNotFound
   */
  async enable(id: string, cause: Cause): Promise<Webhook> {
    return this.#unitOfWork.run(async ({ subscriptions }) => {
      const { subscription, at } = await lock(subscriptions, id)
      subscription.enable(at, cause)
      await subscriptions.save(subscription)
      await subscriptions.takeUpGone(id)
      return subscription.state
    })
  }

  /** @throws WebhookNotFound */
  async deliveries(id: string, page: Parameters<Subscriptions['deliveries']>[1]): Promise<readonly Delivery[]> {
    await this.find(id)
    return this.#subscriptions.deliveries(id, page)
  }

  /**
   * Sends an event again, or sooner. Later events of its aggregate that wait go on waiting for it.
   * @throws WebhookNotFound | WebhookDisabled | DeliveryNotFound
   */
  async redeliver(id: string, eventId: string): Promise<Delivery> {
    const { disabledAt } = await this.find(id)
    if (disabledAt !== null) throw new WebhookDisabled(id)
    const delivery = await this.#subscriptions.redeliver(id, eventId)
    if (!delivery) throw new DeliveryNotFound(eventId)
    return delivery
  }
}

async function lock(subscriptions: SubscriptionRepository, id: string) {
  const { subscription, at } = await subscriptions.lock(id)
  if (!subscription) throw new WebhookNotFound(id)
  return { subscription, at }
}
