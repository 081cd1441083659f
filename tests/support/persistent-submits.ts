import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect, vi } from 'vitest'
import type { RunningService } from './running-service.ts'

const RETRY_MS = 20
const WITHIN = { timeout: 30_000, interval: 10 }

export interface Receipt {
  readonly id: string
  readonly ordinal: number
}

/** Callers that submit one ballot after the other, and repeat each until it is acknowledged, with the same key. */
export class PersistentSubmits {
  /** Receipts so far, in the order of their answers. */
  readonly receipts: Receipt[] = []
  /** Answers without a receipt so far. Each is 503. */
  refusals = 0
  readonly #callers: Promise<void>[]
  #lastAt = performance.now()
  #longestPauseMs = 0
  #stopped = false

  /** `ballot` is the body of each submit; it needs a date. */
  constructor(service: RunningService, ballot: object, callers: number) {
    this.#callers = Array.from({ length: callers }, async () => {
      while (!this.#stopped) await this.#submit(service, ballot)
    })
    for (const caller of this.#callers) caller.catch(() => {}) // `stop` throws its error
  }

  /** Resolves when as many more ballots are acknowledged. */
  async acknowledged(more: number): Promise<void> {
    const enough = this.receipts.length + more
    await this.#until(() => expect(this.receipts.length).toBeGreaterThanOrEqual(enough))
  }

  /** Resolves when as many more submits are refused. */
  async refused(more: number): Promise<void> {
    const enough = this.refusals + more
    await this.#until(() => expect(this.refusals).toBeGreaterThanOrEqual(enough))
  }

  /** Milliseconds of the longest time between two receipts since the last call. */
  takeLongestPause(): number {
    const pause = this.#longestPauseMs
    this.#longestPauseMs = 0
    return Math.round(pause)
  }

  /** Resolves when the last ballot of each caller is acknowledged. */
  async stop(): Promise<readonly Receipt[]> {
    this.#stopped = true
    await Promise.all(this.#callers)
    return this.receipts
  }

  /** Rejects at once when a caller gets an answer that it does not expect. */
  async #until(holds: () => void): Promise<void> {
    await Promise.race([vi.waitFor(holds, WITHIN), Promise.all(this.#callers)])
  }

  async #submit(service: RunningService, ballot: object): Promise<void> {
    for (const key = randomUUID(); ; await setTimeout(RETRY_MS)) {
      const { status, body } = await service.post<Receipt>('/lotteries/submit', ballot, {
        'idempotency-key': key,
      })
      if (status === 201 || status === 200) return this.#note(body)
      expect(status).toBe(503)
      this.refusals += 1
    }
  }

  #note({ id, ordinal }: Receipt): void {
    this.receipts.push({ id, ordinal })
    const now = performance.now()
    this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#lastAt)
    this.#lastAt = now
  }
}
