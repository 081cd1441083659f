import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Cause } from '../../shared/domain/cause.ts'
import { TooManyWebhooks, WebhookUrlRefused } from '../domain/errors.ts'
import { Subscription } from '../domain/subscription.ts'
import { MAX_WEBHOOKS, type Webhook } from '../domain/webhook.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { WebhookRepos } from './webhook-repos.ts'

export interface SubscribeParts {
  readonly unitOfWork: UnitOfWork<WebhookRepos>
  readonly subscriptions: Subscriptions
  /** Number of events in the audit log. */
  readonly logSize: () => Promise<number>
  /** Says why nothing is sent to a URL; undefined when it may be. */
  readonly refusalOf: (url: URL) => string | undefined
  readonly mintId: () => string
  readonly mintSecret: () => string
}

/** Makes a webhook. It gets the events that enter the audit log from then on, but none about itself. */
export class Subscribe {
  readonly #parts: SubscribeParts

  constructor(parts: SubscribeParts) {
    this.#parts = parts
  }

  /**
   * The secret is returned this once. `url` is absolute.
   * @throws WebhookUrlRefused | TooManyWebhooks
   */
  async execute(
    wanted: Pick<Webhook, 'url' | 'eventTypes'>,
    cause: Cause,
  ): Promise<{ webhook: Webhook; secret: string }> {
    const { unitOfWork, subscriptions, logSize, refusalOf, mintId, mintSecret } = this.#parts
    const url = new URL(wanted.url)
    const refusal = refusalOf(url)
    if (refusal !== undefined) throw new WebhookUrlRefused(refusal)
    if ((await subscriptions.list()).length >= MAX_WEBHOOKS) throw new TooManyWebhooks(MAX_WEBHOOKS)
    const id = mintId()
    const secret = mintSecret()
    const from = await logSize()
    const webhook = await unitOfWork.run(async (repos) => {
      const subscription = Subscription.make({ ...wanted, id, url: url.href }, await repos.subscriptions.now(), cause)
      await repos.subscriptions.add(subscription, { secret, from })
      return subscription.state
    })
    return { webhook, secret }
  }
}
