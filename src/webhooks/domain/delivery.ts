import type { Instant } from '../../shared/domain/instant.ts'

/** Attempts after which a delivery is parked: it waits for an operator, and so do the later events of its aggregate. */
export const MAX_ATTEMPTS = 15

/** Milliseconds until a failed delivery is retried: doubled after each attempt, with jitter, up to half a day. */
const RETRY_BASE_MS = 5_000
const RETRY_MAX_MS = 43_200_000

export const DELIVERY_STATES = ['pending', 'delivered', 'parked'] as const
type DeliveryState = (typeof DELIVERY_STATES)[number]

/** Why an attempt got no answer. */
export const DELIVERY_ERRORS = ['address_refused', 'timeout', 'unreachable'] as const
export type DeliveryError = (typeof DELIVERY_ERRORS)[number]

/** What became of one request to a receiver: the HTTP status of its answer, or why there was none. */
export type AttemptResult =
  | { readonly status: number; readonly error: null }
  | { readonly status: null; readonly error: DeliveryError }

/** An event on its way to one receiver. */
export interface Delivery {
  readonly eventId: string
  readonly type: string
  readonly aggregate: string
  /** Place of the event in the audit log. */
  readonly auditIndex: number
  readonly state: DeliveryState
  /** Attempts so far, since the last redelivery. */
  readonly attempts: number
  readonly lastStatus: number | null
  readonly lastError: DeliveryError | null
  /** Earliest time of the next attempt; null for at once, and where none follows. */
  readonly retryAt: Instant | null
  readonly deliveredAt: Instant | null
}

export type Verdict = 'delivered' | 'retried' | 'parked' | 'gone'

/** Judges an attempt. `attempts` counts those before it. A receiver that answers 410 wants no more events. */
export function verdictOn({ status }: AttemptResult, attempts: number): Verdict {
  if (status !== null && status >= 200 && status < 300) return 'delivered'
  if (status === 410) return 'gone'
  return attempts + 1 >= MAX_ATTEMPTS ? 'parked' : 'retried'
}

/** Milliseconds from a failed attempt to the next. `attempts` counts those before it; `random` is in [0, 1). */
export function retryAfterMs(attempts: number, random: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** attempts) * (0.5 + random / 2)
}
