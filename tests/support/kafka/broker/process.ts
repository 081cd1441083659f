import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const JAVA = 'java'
/** Java options for a start in two seconds instead of three, and for little memory. */
export const QUICK_JAVA = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
const LOG = {
  defaultLogLevel: 'warn',
  'log.kafka.server.KafkaRaftServer': 'info',
  logFile: 'System.out',
}
const STARTED = /Kafka Server started/
/** Kills the broker and removes its folder when standard input ends, which any end of this process causes. */
const GUARD = 'cat; kill -9 "$1"; rm -rf "$2"'

/** One Java process of a broker. A restarted broker has a new one. */
export class BrokerProcess {
  readonly #child: ChildProcess
  readonly #guard: ChildProcess
  readonly #exit: Promise<unknown>
  readonly #lines: string[] = []
  readonly #progress = new EventEmitter()
  #ended = false

  constructor(jars: string, folder: string) {
    const log = Object.entries(LOG).map(([name, value]) => `-Dorg.slf4j.simpleLogger.${name}=${value}`)
    const main = ['kafka.Kafka', join(folder, 'server.properties')]
    this.#child = spawn(JAVA, [...QUICK_JAVA, ...log, '-cp', join(jars, '*'), ...main], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#guard = guard(this.#child.pid ?? 0, folder)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#add(line))
    }
    const exit = once(this.#child, 'close').catch((error: unknown) => this.#lines.push(String(error)))
    this.#exit = exit.then(() => {
      this.#ended = true
      this.#guard.kill('SIGKILL')
      this.#progress.emit('progress')
    })
  }

  /** The output so far, which holds warnings. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /** Resolves when the broker logs that it has started. @throws Error with the whole output when it ends first */
  async started(): Promise<void> {
    while (!this.#lines.some((line) => STARTED.test(line))) {
      if (this.#ended) throw new Error(`The broker ended before it had started:\n${this.output}`)
      await once(this.#progress, 'progress')
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  /** Kills the process, also when it is frozen, and resolves when it has ended. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }

  #add(line: string): void {
    this.#lines.push(line)
    this.#progress.emit('progress')
  }
}

function guard(pid: number, folder: string): ChildProcess {
  const child = spawn('sh', ['-c', GUARD, 'guard', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // an interrupt from the keyboard must not reach the guard
  })
  child.unref()
  return child
}
