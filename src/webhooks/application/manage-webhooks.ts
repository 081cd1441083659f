import type { Delivery } from '../domain/delivery.ts'
import { DeliveryNotFound, WebhookDisabled, WebhookNotFound } from '../domain/errors.ts'
import type { Webhook } from '../domain/webhook.ts'
import type { Subscriptions } from './subscriptions.ts'

/** What operators look up and change of webhooks that exist. */
export class ManageWebhooks {
  readonly #subscriptions: Subscriptions

  constructor(subscriptions: Subscriptions) {
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
  async remove(id: string): Promise<void> {
    if (!(await this.#subscriptions.remove(id))) throw new WebhookNotFound(id)
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
