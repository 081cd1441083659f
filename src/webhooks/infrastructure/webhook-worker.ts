import type { Logger } from 'pino'
import { BackgroundLoop } from '../../shared/infrastructure/background-loop.ts'
import type { DeliverEvents } from '../application/deliver-events.ts'
import type { DeliveryQueue } from '../application/delivery-queue.ts'
import type { WebhookSender } from '../application/webhook-sender.ts'
import type { Verdict } from '../domain/delivery.ts'

/** Milliseconds from a turn that left no event to take to the next turn, and between looks for old deliveries. */
const PAUSE_MS = 500
const FORGET_PAUSE_MS = 3_600_000
/** Days that a delivery is kept after it succeeded. */
const KEPT_DAYS = 30

export interface WorkerParts {
  readonly deliverEvents: DeliverEvents
  readonly queue: DeliveryQueue
  readonly sender: WebhookSender
  /** Number of events in the audit log. */
  readonly logSize: () => Promise<number>
  /** Called with the outcome of each request. */
  readonly count: (verdict: Verdict) => void
  readonly log: Logger
}

/**
 * Sends events to the webhooks until it is stopped. Each webhook has a lane of its own, so that a slow receiver delays no other.
 * The log names a webhook by its id alone.
 */
export class WebhookWorker {
  readonly #parts: WorkerParts
  readonly #loop: BackgroundLoop
  readonly #forgetting: BackgroundLoop
  readonly #lanes = new Map<string, Promise<void>>()
  #isStopping = false

  constructor(parts: WorkerParts) {
    this.#parts = parts
    const { queue, log } = parts
    this.#loop = new BackgroundLoop({ name: 'webhooks', turn: () => this.#turn(), pauseMs: PAUSE_MS, log })
    this.#forgetting = new BackgroundLoop({
      name: 'deleting of old webhook deliveries',
      turn: () => queue.forgetDelivered(KEPT_DAYS),
      pauseMs: FORGET_PAUSE_MS,
      log,
    })
  }

  start(): void {
    this.#loop.start()
    this.#forgetting.start()
  }

  /** Stops after the requests in flight, and releases the leases so that another worker can continue at once. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all([this.#loop.stop(), this.#forgetting.stop()])
    await Promise.all(this.#lanes.values())
    await this.#parts.sender.close()
  }

  async #turn(): Promise<boolean> {
    const { queue, logSize } = this.#parts
    const isMore = await queue.enqueue(await logSize())
    for (const id of await queue.due()) {
      if (this.#lanes.has(id)) continue
      const lane = this.#serve(id).finally(() => this.#lanes.delete(id))
      this.#lanes.set(id, lane)
    }
    return isMore
  }

  /** Sends to one receiver until nothing is due. Never rejects. */
  async #serve(webhook: string): Promise<void> {
    const { queue, log } = this.#parts
    try {
      while (!this.#isStopping && (await this.#sendBatch(webhook)));
      await queue.release(webhook)
    } catch (error) {
      log.warn({ err: error, webhook }, 'sending to a webhook failed and will be retried')
    }
  }

  /** Returns whether anything was due. */
  async #sendBatch(webhook: string): Promise<boolean> {
    const { deliverEvents, count, log } = this.#parts
    const reports = await deliverEvents.execute(webhook)
    for (const { eventId, verdict } of reports) {
      count(verdict)
      if (verdict === 'parked')
        log.error(
          { webhook, event: eventId },
          'delivery parked: it failed too often, and later events of its aggregate wait',
        )
      if (verdict === 'gone') log.warn({ webhook, event: eventId }, 'webhook disabled: its receiver answered 410')
    }
    return reports.length > 0
  }
}
