import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../src/monitor/main.ts'
import type { ForgedEvidence, ForgedLottery } from '../support/forge/plan.ts'
import { World } from '../support/forge/world.ts'

/** An operator over HTTP who serves whatever the fields hold. */
export class Operator implements AsyncDisposable {
  world = new World()
  readonly lotteries = new Map<string, Pick<ForgedLottery, 'evidence' | 'ledger'>>()
  /** Paths that are answered with 404. */
  readonly withheld = new Set<string>()
  /** Changes the lines of the log that are served. */
  lines: (lines: string[]) => string[] = (lines) => lines
  readonly #server: Server = createServer((request, response) => {
    const body = this.#bodyOf(new URL(request.url ?? '', 'http://operator'))
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })

  static async open(): Promise<Operator> {
    const operator = new Operator()
    operator.#server.listen(0, '127.0.0.1')
    await once(operator.#server, 'listening')
    return operator
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Serves the evidence and the ledger of a lottery. */
  serve({ evidence, ledger }: ForgedLottery, edit: (evidence: ForgedEvidence) => void = () => {}): void {
    const copy = structuredClone(evidence)
    edit(copy)
    this.lotteries.set(copy['lottery_date'] as string, { evidence: copy, ledger })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #bodyOf({ pathname, searchParams }: URL): string | undefined {
    if (this.withheld.has(pathname)) return undefined
    const { lines, key } = this.world
    const [, date = '', part] = /^\/lotteries\/([^/]+)\/(evidence|ledger)$/.exec(pathname) ?? []
    const lottery = this.lotteries.get(date)
    if (part === 'evidence') return lottery && JSON.stringify(lottery.evidence)
    if (part === 'ledger') return lottery?.ledger.map((entry) => `${entry}\n`).join('')
    if (pathname === '/keys') return JSON.stringify({ verifier_key: key.vkey })
    if (pathname === '/audit/checkpoint') return this.world.auditCheckpoint()
    if (pathname !== '/audit/log') return undefined
    const [from, to] = [searchParams.get('from') ?? 0, searchParams.get('to') ?? lines.length].map(Number)
    return this.lines(lines.slice(from, to))
      .map((line) => `${line}\n`)
      .join('')
  }
}

/** A reader's folder, in which the monitor runs. */
export class Reader implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(): Promise<Reader> {
    return new Reader(await mkdtemp(join(tmpdir(), 'monitor-')))
  }

  path(name: string): string {
    return join(this.#folder, name)
  }

  /** Names of the saved proofs, without their hashes. */
  async proofs(): Promise<string[]> {
    const names = await readdir(this.#folder)
    return names.flatMap((name) => /^contradiction-[0-9a-f]{8}-(.*)$/.exec(name)?.[1] ?? []).sort()
  }

  /** Visits once at a time in ISO 8601. */
  async visit(url: string, at: string, ...args: readonly string[]): Promise<{ exit: number; text: string }> {
    const printed: string[] = []
    const exit = await main([url, '--once', '--state', this.path('state.json'), ...args], {
      print: (line) => printed.push(line),
      now: () => Date.parse(at),
      ending: new AbortController().signal,
    })
    return { exit, text: printed.join('\n') }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}
