import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import type { WebhookRepos } from './webhook-repos.ts'

/** Disables a webhook whose receiver answered 410: it wants no more events. */
export class DisableWebhook {
  readonly #unitOfWork: UnitOfWork<WebhookRepos>

  constructor(unitOfWork: UnitOfWork<WebhookRepos>) {
    this.#unitOfWork = unitOfWork
  }

  /**
   * Parks the delivery that was answered 410, in one transaction with the change of the webhook. So enabling the webhook
   * finds every such delivery. Changes nothing when the webhook was deleted meanwhile.
   */
  async execute(id: string, eventId: string): Promise<void> {
    await this.#unitOfWork.run(async ({ subscriptions }) => {
      const { subscription, at } = await subscriptions.lock(id)
      if (!subscription) return
      subscription.disable(at, CAUSED_BY_SERVICE)
      await subscriptions.save(subscription)
      await subscriptions.parkGone(id, eventId)
    })
  }
}
