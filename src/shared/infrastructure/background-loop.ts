import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Longest pause after failures, in milliseconds. */
const MAX_PAUSE_MS = 10_000

export interface LoopSettings {
  /** Name in the log, such as `audit log sequencer`. */
  readonly name: string
  /** Does one turn of work. Returns whether more work may be waiting. */
  readonly turn: () => Promise<boolean>
  /** Milliseconds from a turn that left no work to the next turn. */
  readonly pauseMs: number
  readonly log: Logger
}

/**
 * Runs turns one after the other until it is stopped. After failures the pauses double, with jitter, so that replicas do
 * not come back all at once. Only the first failure of a series, and its end, are logged.
 */
export class BackgroundLoop {
  readonly #settings: LoopSettings
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #failures = 0
  #isWoken = false
  #pause = new AbortController()

  constructor(settings: LoopSettings) {
    this.#settings = settings
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the present pause; during a turn, skips the pause after it. */
  wake(): void {
    this.#isWoken = true
    this.#pause.abort()
  }

  /** Stops the loop. Resolves when the turn in flight has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#pause.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const pauseMs = await this.#turn()
      if (!this.#isWoken && !signal.aborted) {
        this.#pause = new AbortController()
        await setTimeout(pauseMs, undefined, { signal: this.#pause.signal }).catch(() => {}) // woken
      }
      this.#isWoken = false
    }
  }

  /** Does one turn. Returns the milliseconds to the next one. */
  async #turn(): Promise<number> {
    const { name, turn, pauseMs, log } = this.#settings
    try {
      const isMore = await turn()
      if (this.#failures > 0) log.info({ failures: this.#failures }, `${name} works again`)
      this.#failures = 0
      return isMore ? 0 : pauseMs
    } catch (error) {
      if (this.#failures === 0) log.warn({ err: error }, `${name} failed and will retry`)
      this.#failures += 1
      return Math.min(MAX_PAUSE_MS, pauseMs * 2 ** this.#failures) * (0.5 + Math.random() / 2)
    }
  }
}
