import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Longest pause after failures, in milliseconds. */
const MAX_PAUSE_MS = 10_000

export interface LoopSettings {
  /** What the log calls it. */
  readonly name: string
  /** One turn; true when there may be more to do at once. */
  readonly turn: () => Promise<boolean>
  /** Milliseconds from a turn that left nothing to do to the next one. */
  readonly pauseMs: number
  readonly log: Logger
}

/**
 * Runs turns one after the other for as long as the process lives. After failures the pauses double, with jitter, so that
 * replicas do not come back all at once; the log tells of the first failure of a row, and of its end.
 */
export class BackgroundLoop {
  readonly #settings: LoopSettings
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #failures = 0

  constructor(settings: LoopSettings) {
    this.#settings = settings
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when the turn in flight has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const pauseMs = await this.#turn()
      await setTimeout(pauseMs, undefined, { signal }).catch(() => {}) // woken to stop
    }
  }

  /** Milliseconds to the next turn. */
  async #turn(): Promise<number> {
    const { name, turn, pauseMs, log } = this.#settings
    try {
      const isMore = await turn()
      if (this.#failures > 0) log.info({ failures: this.#failures }, `${name} works again`)
      this.#failures = 0
      return isMore ? 0 : pauseMs
    } catch (error) {
      if (this.#failures === 0) log.warn({ err: error }, `${name} failed; it goes on trying`)
      this.#failures += 1
      return Math.min(MAX_PAUSE_MS, pauseMs * 2 ** this.#failures) * (0.5 + Math.random() / 2)
    }
  }
}
