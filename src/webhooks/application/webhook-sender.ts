import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import type { AttemptResult } from '../domain/delivery.ts'

/** Where events are sent, and the secret that signs them. */
export interface Target {
  readonly url: string
  readonly secret: string
}

/** Milliseconds within which a request is answered or fails; shorter than the lease of a webhook. */
export const SEND_WITHIN_MS = 10_000

export interface WebhookSender {
  /** Sends one event, signed. Never rejects: a request without an answer is a result too. */
  send(target: Target, event: RecordedEvent): Promise<AttemptResult>
  /** Closes the connections. */
  close(): Promise<void>
}
