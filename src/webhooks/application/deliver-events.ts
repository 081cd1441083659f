import { retryAfterMs, type Verdict, verdictOn } from '../domain/delivery.ts'
import type { DeliveryQueue, DueDelivery } from './delivery-queue.ts'
import type { Target, WebhookSender } from './webhook-sender.ts'

/** Requests to one receiver at the same time. */
const BATCH = 8

export interface DeliveryReport {
  readonly eventId: string
  readonly verdict: Verdict
}

/**
 * Sends the due events of a webhook: at least once, and in order within an aggregate. Any number of workers may try at the
 * same time; the one with the webhook's lease sends. A delivery is marked after the receiver answered. So after a crash in
 * between, or after a lease that ran out, it is sent again under the same id.
 */
export class DeliverEvents {
  readonly #queue: DeliveryQueue
  readonly #sender: WebhookSender
  readonly #random: () => number

  /** `random` is uniform in [0, 1). */
  constructor(queue: DeliveryQueue, sender: WebhookSender, random: () => number) {
    this.#queue = queue
    this.#sender = sender
    this.#random = random
  }

  /** Sends one batch. An empty report: nothing is due, or another worker sends. @throws Error of the database */
  async execute(webhookId: string): Promise<readonly DeliveryReport[]> {
    const target = await this.#queue.hold(webhookId)
    if (!target) return []
    const due = await this.#queue.next(webhookId, BATCH)
    const settled = await Promise.allSettled(due.map((delivery) => this.#deliver(webhookId, target, delivery)))
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  async #deliver(webhookId: string, target: Target, { event, attempts }: DueDelivery): Promise<DeliveryReport> {
    const result = await this.#sender.send(target, event)
    const verdict = verdictOn(result, attempts)
    if (verdict === 'delivered') {
      await this.#queue.markDelivered(webhookId, event.id, result)
    } else {
      const afterMs = verdict === 'retried' ? retryAfterMs(attempts, this.#random()) : undefined
      await this.#queue.markFailed(webhookId, event.id, result, afterMs)
    }
    if (verdict === 'gone') await this.#queue.disable(webhookId)
    return { eventId: event.id, verdict }
  }
}
