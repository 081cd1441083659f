import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { AttemptResult } from '../domain/delivery.ts'
import type { Target } from './webhook-sender.ts'

/** Milliseconds that the lease of a webhook lasts; longer than a request may take. */
export const LEASE_MS = 15_000

export interface DueDelivery {
  readonly event: RecordedEvent
  /** Attempts so far. */
  readonly attempts: number
}

/** Deliveries of webhooks that are not disabled, by what they wait for. */
export interface Backlog {
  /** Not delivered yet, without a failed attempt. */
  readonly pending: number
  /** Failed at least once, and to be retried. */
  readonly failed: number
  readonly parked: number
}

/** The stored deliveries, as the worker sees them. No method waits for a receiver. */
export interface DeliveryQueue {
  /**
   * Makes deliveries of the events of an audit log of this size, up to a batch of events for each webhook. Each event is taken
   * once, also by replicas that do it at the same time. A webhook gets no events about itself. Returns whether more wait.
   */
  enqueue(logSize: number): Promise<boolean>
  /** Ids of the webhooks that have a delivery to send now. */
  due(): Promise<readonly string[]>
  /**
   * Takes or renews the lease of a webhook. Undefined while another worker holds it, or when the webhook is disabled or
   * deleted. A worker that dies or hangs loses its lease after {@link LEASE_MS}.
   */
  hold(webhookId: string): Promise<Target | undefined>
  /** Gives up the lease, if this worker holds it. */
  release(webhookId: string): Promise<void>
  /**
   * At most `limit` deliveries to send now: the first undelivered one of each aggregate, in the order of the audit log,
   * unless it is parked or waits for its retry.
   */
  next(webhookId: string, limit: number): Promise<readonly DueDelivery[]>
  markDelivered(webhookId: string, eventId: string, result: AttemptResult): Promise<void>
  /** Counts a failed attempt. The next one is due after these milliseconds of the database's clock; undefined: parked. */
  markFailed(webhookId: string, eventId: string, result: AttemptResult, afterMs: number | undefined): Promise<void>
  backlog(): Promise<Backlog>
  /** Deletes some of the deliveries that succeeded more than `days` days ago. Returns whether there may be more. */
  forgetDelivered(days: number): Promise<boolean>
}
