import { retryAfterMs, type Verdict, verdictOn } from '../domain/delivery.ts'
import type { DeliveryQueue, DueDelivery } from './delivery-queue.ts'
import type { DisableWebhook } from './disable-webhook.ts'
import type { Target, WebhookSender } from './webhook-sender.ts'

/** Requests to one receiver at the same time. */
const BATCH = 8

export interface DeliveryReport {
  readonly eventId: string
  readonly verdict: Verdict
}

export interface DeliveringParts {
  readonly queue: DeliveryQueue
  readonly sender: WebhookSender
  readonly disableWebhook: DisableWebhook
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/**
 * Sends the due events of a webhook: at least once, and in order within an aggregate. Any number of workers may try at the
 * same time; the one with the webhook's lease sends. A delivery is marked after the receiver answered. So after a crash in
 * between, or after a lease that ran out, it is sent again under the same id.
 */
export class DeliverEvents {
  readonly #parts: DeliveringParts

  constructor(parts: DeliveringParts) {
    this.#parts = parts
  }

  /** Sends one batch. An empty report: nothing is due, or another worker sends. @throws Error of the database */
  async execute(webhookId: string): Promise<readonly DeliveryReport[]> {
    const { queue } = this.#parts
    const target = await queue.hold(webhookId)
    if (!target) return []
    const due = await queue.next(webhookId, BATCH)
    const settled = await Promise.allSettled(due.map((delivery) => this.#deliver(webhookId, target, delivery)))
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  async #deliver(webhookId: string, target: Target, { event, attempts }: DueDelivery): Promise<DeliveryReport> {
    const { queue, sender, disableWebhook, random } = this.#parts
    const result = await sender.send(target, event)
    const verdict = verdictOn(result, attempts)
    if (verdict === 'delivered') {
      await queue.markDelivered(webhookId, event.id, result)
    } else if (verdict === 'gone') {
      await disableWebhook.execute(webhookId, event.id)
    } else {
      const afterMs = verdict === 'retried' ? retryAfterMs(attempts, random()) : undefined
      await queue.markFailed(webhookId, event.id, result, afterMs)
    }
    return { eventId: event.id, verdict }
  }
}
