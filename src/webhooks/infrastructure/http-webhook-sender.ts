import { type Agent, request } from 'undici'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { SEND_WITHIN_MS, type Target, type WebhookSender } from '../application/webhook-sender.ts'
import type { AttemptResult, DeliveryError } from '../domain/delivery.ts'
import type { AddressRules } from './address-rules.ts'
import { AddressRefused, guardedAgent, type Resolve } from './guarded-agent.ts'
import { signedHeaders } from './standard-signature.ts'

const TIMEOUTS = { connectMs: 3_000, answerMs: 5_000, wholeMs: SEND_WITHIN_MS }
/** Bytes of an answer's body that are read, so that its connection can serve again. They are thrown away. */
const MAX_BODY_BYTES = 4_096

export interface SenderSettings {
  readonly rules: AddressRules
  /** The event in the JSON format of CloudEvents. */
  readonly toJson: (event: RecordedEvent) => string
  /** By default, the resolver of the system. */
  readonly resolve?: Resolve
  readonly timeouts?: typeof TIMEOUTS
}

/** Sends events by HTTP, signed as Standard Webhooks says. It follows no redirect. */
export class HttpWebhookSender implements WebhookSender {
  readonly #settings: SenderSettings
  readonly #timeouts: typeof TIMEOUTS
  readonly #agent: Agent

  constructor(settings: SenderSettings) {
    this.#settings = settings
    this.#timeouts = settings.timeouts ?? TIMEOUTS
    const { rules, resolve } = settings
    this.#agent = guardedAgent({ rules, resolve, timeouts: this.#timeouts })
  }

  async send(target: Target, event: RecordedEvent): Promise<AttemptResult> {
    const { rules, toJson } = this.#settings
    const url = new URL(target.url)
    if (rules.refusalOf(url) !== undefined) return { status: null, error: 'address_refused' }
    const body = toJson(event)
    const signal = AbortSignal.timeout(this.#timeouts.wholeMs)
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.#agent,
        signal,
        body,
        headers: {
          'content-type': 'application/cloudevents+json',
          'user-agent': 'lottery-service',
          ...signedHeaders(target.secret, event.id, Math.floor(Date.now() / 1_000), body),
        },
      })
      await answer.body.dump({ limit: MAX_BODY_BYTES, signal }).catch(() => {}) // the status has said everything
      return { status: answer.statusCode, error: null }
    } catch (error) {
      return { status: null, error: errorOf(error) }
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }
}

function errorOf(error: unknown): DeliveryError {
  if (error instanceof AddressRefused) return 'address_refused'
  const { name, code = '' } = error as { readonly name: string; readonly code?: string | number }
  return name === 'TimeoutError' || /TIMEOUT|ETIMEDOUT/.test(String(code)) ? 'timeout' : 'unreachable'
}
