import { type ScheduledTask, schedule } from 'node-cron'
import type { Logger } from 'pino'
import type { CloseDueLotteries } from '../application/close-due-lotteries.ts'

/** Longest wait for the database's midnight; the minute sweep is there before anything longer. */
const FURTHEST_MIDNIGHT_MS = 61_000
/** Timers may fire a little early by the database's clock; a run that finds nothing due waits again. */
const MARGIN_MS = 2

/**
 * Wakes the closing of due lotteries up: at start, at 00:00 UTC, every minute, and at the database's own midnight where
 * its clock differs. It decides nothing: what is due is asked of the database on each run.
 *
 * States: idle; running; running and woken again (one more run follows); stopped (a run in flight is awaited).
 * A failed run is logged and forgotten: the next wake-up comes all the same.
 */
export class ClosingSchedule {
  readonly #closeDueLotteries: CloseDueLotteries
  readonly #prepareStorage: () => Promise<void>
  readonly #log: Logger
  #tasks: ScheduledTask[] = []
  #midnight: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #woken = false
  #stopped = false

  /** `prepareStorage` makes room for the lotteries of the time to come; it runs after every sweep, and its failure stops none. */
  constructor(closeDueLotteries: CloseDueLotteries, prepareStorage: () => Promise<void>, log: Logger) {
    this.#closeDueLotteries = closeDueLotteries
    this.#prepareStorage = prepareStorage
    this.#log = log
  }

  /** Resolves when the catch-up after downtime is done. */
  async start(): Promise<void> {
    const wake = () => void this.wake()
    this.#tasks = [
      schedule('0 0 * * *', wake, { timezone: 'UTC', name: 'midnight' }),
      schedule('* * * * *', wake, { timezone: 'UTC', name: 'sweep' }),
    ]
    await this.wake()
  }

  /** Runs now, or once more after the run in flight; resolves when nothing is left to run, and never rejects. */
  wake(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    this.#woken = true
    this.#running ??= this.#runUntilQuiet()
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#midnight)
    for (const task of this.#tasks) await task.destroy()
    await this.#running
  }

  async #runUntilQuiet(): Promise<void> {
    while (this.#woken && !this.#stopped) {
      this.#woken = false
      await this.#sweep()
      await this.#prepareStorage().catch((error: unknown) => {
        this.#log.error({ err: error }, 'storage of the time to come could not be prepared')
      })
    }
    this.#running = undefined // in one step with the check above: no wake-up falls between
  }

  async #sweep(): Promise<void> {
    const startedAt = performance.now()
    try {
      const { closed, waiting, failed, untilMidnightMs } = await this.#closeDueLotteries.execute()
      for (const date of closed) this.#log.info({ date }, 'lottery closed')
      for (const date of waiting) this.#log.warn({ date }, 'lottery sealed; its randomness is not there yet')
      for (const { date, error } of failed) this.#log.error({ date, err: error }, 'lottery could not be closed')
      this.#waitForMidnight(untilMidnightMs - (performance.now() - startedAt))
    } catch (error) {
      this.#log.error({ err: error }, 'sweep failed; the next one comes within a minute')
    }
  }

  #waitForMidnight(ms: number): void {
    clearTimeout(this.#midnight)
    if (this.#stopped || ms > FURTHEST_MIDNIGHT_MS) return
    this.#midnight = setTimeout(() => void this.wake(), Math.max(0, ms) + MARGIN_MS)
  }
}
