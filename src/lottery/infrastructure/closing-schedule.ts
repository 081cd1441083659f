import { type ScheduledTask, schedule } from 'node-cron'
import type { Logger } from 'pino'
import type { CloseDueLotteries } from '../application/close-due-lotteries.ts'

/** Longest wait for the database's midnight, in milliseconds. A longer wait would end after the next minute's sweep. */
const FURTHEST_MIDNIGHT_MS = 61_000
/** Milliseconds added to the wait, since a timer may fire early by the database's clock. An early run waits again. */
const MARGIN_MS = 2

/**
 * Runs the closing of due lotteries at start, at every full minute, 00:00 UTC included, and at the database's own midnight
 * where its clock differs. The schedule decides nothing: each run reads from the database which lotteries are due.
 *
 * States: idle; running; running and woken again (one more run follows); stopped (a run in flight is awaited).
 * A failed run is logged, and the next wake-up comes all the same.
 */
export class ClosingSchedule {
  readonly #closeDueLotteries: CloseDueLotteries
  readonly #prepareStorage: () => Promise<void>
  readonly #log: Logger
  #everyMinute: ScheduledTask | undefined
  #midnight: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #woken = false
  #stopped = false

  /** `prepareStorage` prepares for coming lotteries. It runs after every sweep, and its failure stops no sweep. */
  constructor(closeDueLotteries: CloseDueLotteries, prepareStorage: () => Promise<void>, log: Logger) {
    this.#closeDueLotteries = closeDueLotteries
    this.#prepareStorage = prepareStorage
    this.#log = log
  }

  /** Starts the schedule. Resolves when the lotteries that came due during downtime are closed. */
  async start(): Promise<void> {
    this.#everyMinute = schedule('* * * * *', () => void this.wake(), { timezone: 'UTC', name: 'close due lotteries' })
    await this.wake()
  }

  /** Runs now, or once more after the run in flight. Resolves when no run is left, and never rejects. */
  wake(): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    this.#woken = true
    this.#running ??= this.#runUntilQuiet()
    return this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#midnight)
    await this.#everyMinute?.destroy()
    await this.#running
  }

  async #runUntilQuiet(): Promise<void> {
    while (this.#woken && !this.#stopped) {
      this.#woken = false
      await this.#sweep()
      await this.#prepareStorage().catch((error: unknown) => {
        this.#log.error({ err: error }, 'could not create the partitions of this month and the coming ones')
      })
    }
    this.#running = undefined // no await since the check above, so no wake-up is lost
  }

  async #sweep(): Promise<void> {
    const startedAt = performance.now()
    try {
      const { closed, waiting, failed, untilMidnightMs } = await this.#closeDueLotteries.execute()
      for (const date of closed) this.#log.info({ date }, 'lottery closed')
      for (const date of waiting)
        this.#log.warn({ date }, 'lottery sealed, waiting for its randomness or for witnesses')
      for (const { date, error } of failed) this.#log.error({ date, err: error }, 'could not close the lottery')
      this.#waitForMidnight(untilMidnightMs - (performance.now() - startedAt))
    } catch (error) {
      this.#log.error({ err: error }, 'sweep failed, the next sweep starts within a minute')
    }
  }

  #waitForMidnight(ms: number): void {
    clearTimeout(this.#midnight)
    if (this.#stopped || ms > FURTHEST_MIDNIGHT_MS) return
    this.#midnight = setTimeout(() => void this.wake(), Math.max(0, ms) + MARGIN_MS)
  }
}
