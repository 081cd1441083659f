import { TooManyWebhooks, WebhookUrlRefused } from '../domain/errors.ts'
import { MAX_WEBHOOKS, type Webhook } from '../domain/webhook.ts'
import type { Subscriptions } from './subscriptions.ts'

export interface SubscribeParts {
  readonly subscriptions: Subscriptions
  /** Number of events in the audit log. */
  readonly logSize: () => Promise<number>
  /** Says why nothing is sent to a URL; undefined when it may be. */
  readonly refusalOf: (url: URL) => string | undefined
  readonly mintId: () => string
  readonly mintSecret: () => string
}

/** Makes a webhook. It gets the events that enter the audit log from then on. */
export class Subscribe {
  readonly #parts: SubscribeParts

  constructor(parts: SubscribeParts) {
    this.#parts = parts
  }

  /**
   * The secret is returned this once. `url` is absolute.
   * @throws WebhookUrlRefused | TooManyWebhooks
   */
  async execute(wanted: Pick<Webhook, 'url' | 'eventTypes'>): Promise<{ webhook: Webhook; secret: string }> {
    const { subscriptions, logSize, refusalOf, mintId, mintSecret } = this.#parts
    const url = new URL(wanted.url)
    const refusal = refusalOf(url)
    if (refusal !== undefined) throw new WebhookUrlRefused(refusal)
    if ((await subscriptions.list()).length >= MAX_WEBHOOKS) throw new TooManyWebhooks(MAX_WEBHOOKS)
    const secret = mintSecret()
    const from = await logSize()
    const webhook = await subscriptions.add({ ...wanted, id: mintId(), url: url.href, secret, from })
    return { webhook, secret }
  }
}
