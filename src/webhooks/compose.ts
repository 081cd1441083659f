import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { RecordedEvent } from '../shared/domain/domain-events.ts'
import { mintUuid } from '../shared/infrastructure/uuid.ts'
import { DeliverEvents } from './application/deliver-events.ts'
import { DisableWebhook } from './application/disable-webhook.ts'
import { ManageWebhooks } from './application/manage-webhooks.ts'
import { Subscribe } from './application/subscribe.ts'
import type { SubscriptionStorage, WebhookStorage } from './application/webhook-storage.ts'
import { addressRules } from './infrastructure/address-rules.ts'
import { HttpWebhookSender } from './infrastructure/http-webhook-sender.ts'
import { mintSecret } from './infrastructure/standard-signature.ts'
import { registerWebhookMetrics } from './infrastructure/webhook-metrics.ts'
import { WebhookWorker } from './infrastructure/webhook-worker.ts'

export interface WebhookSettings {
  /** Whether plain http and addresses that are not public are allowed. By default not. */
  readonly webhookAllowPrivate?: boolean
}

interface SubscriptionSurroundings extends WebhookSettings {
  /** The log that events enter before they are sent. `size` is their number. */
  readonly auditLog: { readonly size: () => Promise<number> }
}

interface WebhookSurroundings extends SubscriptionSurroundings {
  /** `toJson` writes an event in the JSON format of CloudEvents. */
  readonly events: { readonly toJson: (event: RecordedEvent) => string }
  readonly metrics: Registry
  readonly log: Logger
}

/** Constructs the use cases that operators call. */
export function composeSubscriptions(
  { unitOfWork, subscriptions }: SubscriptionStorage,
  { auditLog, webhookAllowPrivate = false }: SubscriptionSurroundings,
) {
  const { refusalOf } = addressRules(webhookAllowPrivate)
  const logSize = auditLog.size
  return {
    subscribe: new Subscribe({ unitOfWork, subscriptions, logSize, refusalOf, mintId: mintUuid, mintSecret }),
    manageWebhooks: new ManageWebhooks(unitOfWork, subscriptions),
  }
}

/** Constructs these use cases, and the worker that sends events. */
export function composeWebhooks(storage: WebhookStorage, surroundings: WebhookSurroundings) {
  const { auditLog, webhookAllowPrivate = false, events, metrics, log } = surroundings
  const { unitOfWork, queue } = storage
  const sender = new HttpWebhookSender({ rules: addressRules(webhookAllowPrivate), toJson: events.toJson })
  const deliverEvents = new DeliverEvents({
    queue,
    sender,
    disableWebhook: new DisableWebhook(unitOfWork),
    random: Math.random,
  })
  const count = registerWebhookMetrics(metrics, queue)
  return {
    ...composeSubscriptions(storage, surroundings),
    worker: new WebhookWorker({ deliverEvents, queue, sender, logSize: auditLog.size, count, log }),
  }
}
