import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { TOKEN_SEED } from './access.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Compile cache shared by all services of the tests. It makes a start a third faster. */
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/lottery-service')
/** Signing keys of every service with a given database. Services on one database must have the same keys. */
const KEYS = {
  LEDGER_SIGNING_KEY: Buffer.alloc(32, 9).toString('base64'),
  TOKEN_SIGNING_KEY: TOKEN_SEED.toString('base64'),
}
const READY_WITHIN_S = 10
const READY = /API {8}(http:\/\/localhost:\d+)/

export interface Answer<Body> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The real service in a process of its own, used over HTTP. Leaving the scope of `await using` kills it. */
export class RunningService implements AsyncDisposable {
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #progress = new EventEmitter()
  #ended = false

  /** Starts the service with only this environment. It listens on a free port unless PORT is given. */
  constructor(environment: Readonly<Record<string, string>>, nodeOptions: readonly string[] = []) {
    const { PATH } = process.env
    const keys = 'DATABASE_URL' in environment ? KEYS : {}
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...nodeOptions, 'src/main.ts'], {
      cwd: ROOT,
      env: { PATH, NODE_COMPILE_CACHE, HOST: '127.0.0.1', PORT: '0', ...keys, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#add(line))
    }
    this.exit = once(this.#child, 'close').then(([code, signal]: (Exit['code'] | Exit['signal'])[]) => {
      this.#ended = true
      this.#progress.emit('progress')
      return { code, signal } as Exit
    })
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN
  }

  /** The output so far, of both streams. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /** Resolves to the first matching line of output. @throws Error with the whole output when the service ends first */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line))
      if (found !== undefined) return found
      if (this.#ended) throw new Error(`The service ended without logging ${pattern}:\n${this.output}`)
      await once(this.#progress, 'progress')
    }
  }

  /** Resolves when the service answers that it is ready. A database on a busy machine may answer too late at first. */
  async ready(): Promise<this> {
    await this.line(READY)
    for (let left = READY_WITHIN_S; ; left--) {
      const { status, body } = await this.get('/health/ready')
      if (status === 200) return this
      if (left === 0) throw new Error(`The service is not ready (${JSON.stringify(body)}):\n${this.output}`)
      await setTimeout(1_000)
    }
  }

  get url(): string {
    const [, url] = READY.exec(this.output) ?? []
    if (!url) throw new Error('The service has not logged its address yet')
    return url
  }

  get<Body = Record<string, unknown>>(
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    return this.#send<Body>(path, { method: 'GET', headers })
  }

  post<Body = Record<string, unknown>>(
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    if (body === undefined) return this.#send<Body>(path, { method: 'POST', headers })
    return this.#send<Body>(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  }

  /** Sends the signal, and resolves when the process has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#child.kill(signal)
    return this.exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
  }

  /** Sends a request. While the service is overloaded, as on a busy machine, retries after the time of Retry-After. */
  async #send<Body>(path: string, request: RequestInit): Promise<Answer<Body>> {
    for (;;) {
      const response = await fetch(this.url + path, request)
      const text = await response.text()
      const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
      const body = (isJson ? JSON.parse(text) : text) as Body & { readonly code?: string }
      if (body.code !== 'overloaded') return { status: response.status, headers: response.headers, body }
      await setTimeout(Number(response.headers.get('retry-after')) * 1_000)
    }
  }

  #add(line: string): void {
    this.#lines.push(line)
    this.#progress.emit('progress')
  }
}

/** @see RunningService */
export function startService(
  environment: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): Promise<RunningService> {
  const service = new RunningService(environment, nodeOptions)
  return service.ready().catch(async (error: unknown) => {
    await service.stop('SIGKILL')
    throw error
  })
}
