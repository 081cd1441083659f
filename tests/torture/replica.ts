import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/free-port.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RESTART_MS = 100
const READY_WITHIN_MS = 2_500

type End = readonly [code: number | null, signal: NodeJS.Signals | null]

/** One replica of the real service. Whenever its process ends, another one starts at the same port, as a supervisor does. */
export class Replica implements AsyncDisposable {
  readonly name: string
  readonly url: string
  /** How often the process ended though nobody had sent it a signal. */
  endedByItself = 0
  /** How often a running process was killed. */
  killed = 0
  readonly #environment: Readonly<Record<string, string>>
  readonly #log: number
  #child: ChildProcess
  #ending: Promise<End>
  #isSignalled = false
  #isStopping = false

  private constructor(name: string, port: number, environment: Readonly<Record<string, string>>, folder: string) {
    this.name = name
    this.url = `http://127.0.0.1:${port}`
    this.#environment = { ...environment, PORT: String(port), HOST: '127.0.0.1' }
    this.#log = openSync(join(folder, `${name.replaceAll(' ', '-')}.log`), 'a')
    ;[this.#child, this.#ending] = this.#spawn()
  }

  /** Starts a replica with only this environment. Its output goes to a file in `folder`. */
  static async start(name: string, environment: Readonly<Record<string, string>>, folder: string): Promise<Replica> {
    return new Replica(name, await freePort(), environment, folder)
  }

  /** Ends the process, and resolves with its exit code or signal. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<End> {
    this.#isSignalled = true
    const ending = this.#ending
    const wasRunning = this.#child.kill(signal)
    const end = await ending
    if (wasRunning && !this.#isStopping && end[1] === 'SIGKILL') this.killed += 1
    return end
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  async isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(READY_WITHIN_MS)
    const answer = await fetch(`${this.url}/health/ready`, { signal }).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.ok ?? false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    await this.end('SIGKILL')
    closeSync(this.#log)
  }

  #spawn(): [ChildProcess, Promise<End>] {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'src/main.ts'], {
      cwd: ROOT,
      env: { PATH, NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/lottery-service'), ...this.#environment },
      stdio: ['ignore', this.#log, this.#log],
    })
    this.#isSignalled = false
    const ending = once(child, 'exit') as unknown as Promise<End>
    void ending.then(() => this.#restart())
    return [child, ending]
  }

  async #restart(): Promise<void> {
    if (!this.#isSignalled) this.endedByItself += 1
    await setTimeout(RESTART_MS)
    if (!this.#isStopping) [this.#child, this.#ending] = this.#spawn()
  }
}
