import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type ScheduledTask, schedule } from 'node-cron'
import type { Logger } from 'pino'

const COMMAND = fileURLToPath(new URL('../../cli/archive.ts', import.meta.url))
/** glibc and Node take memory generously, unless they are told not to: as in the script `archive` of package.json. */
const MALLOC = ['MALLOC_ARENA_MAX=1', 'MALLOC_MMAP_THRESHOLD_=32768']
const HEAP = ['--max-semi-space-size=1', '--max-old-space-size=128', '--heap-growing-percent=25', '--optimize-for-size']
/** Far from midnight, when lotteries are closed. */
const DAILY = '10 3 * * *'

/**
 * Archives due months at start, and every day at 03:10 UTC. Each run is a process of its own, `npm run archive`, so that it
 * takes neither time nor memory of the submits. Replicas may all run it: one archiver works at a time.
 */
export class ArchiveSchedule {
  readonly #log: Logger
  #daily: ScheduledTask | undefined
  #process: ChildProcess | undefined
  #running: Promise<void> | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  start(): void {
    this.#daily = schedule(DAILY, () => this.wake(), { timezone: 'UTC', name: 'archive due months' })
    this.wake()
  }

  /** Starts a run, unless one goes on. */
  wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  /** Stops the run that goes on. The next one continues its work. */
  async stop(): Promise<void> {
    await this.#daily?.destroy()
    this.#process?.kill()
    await this.#running
  }

  async #run(): Promise<void> {
    const child = spawn('env', [...MALLOC, process.execPath, ...HEAP, COMMAND], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    createInterface({ input: child.stdout }).on('line', (line) => this.#log.info(`archive: ${line}`))
    const faults: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => faults.push(line.trim()))
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', ({ message }) => faults.push(message))
      child.once('close', resolve)
    })
    if (code !== 0 && !child.killed) this.#log.error({ code }, `archive: ${faults.join('; ') || 'it was killed'}`)
  }
}
