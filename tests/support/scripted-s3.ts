import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Settings } from '../../src/archive/infrastructure/object-store-settings.ts'

export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What the store does with one request. A status answers it, a function does anything. */
export type Scripted =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | ((response: ServerResponse) => unknown)

/** A store that plays a script, one entry a request. Its last entry repeats. */
export class ScriptedS3 implements AsyncDisposable {
  script: readonly Scripted[] = []
  readonly seen: SeenRequest[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#play(request, response))
  }

  static async open(): Promise<ScriptedS3> {
    const store = new ScriptedS3()
    store.#server.listen(0, '127.0.0.1')
    await once(store.#server, 'listening')
    return store
  }

  /** Begins another script. */
  plays(...script: readonly Scripted[]): void {
    this.script = script
    this.seen.length = 0
  }

  /** Methods of the requests so far, with their paths and queries below the bucket. */
  get asked(): readonly string[] {
    return this.seen.map(({ method, url }) => `${method} ${url.replace(/^\/archive\/?/, '')}`)
  }

  get settings(): S3Settings {
    const endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
    const credentials = { accessKeyId: 'THE-ACCESS-KEY', secretAccessKey: 'THE-SECRET-KEY' }
    return { bucket: 'archive', prefix: '', region: 'eu-central-1', endpoint, ...credentials }
  }

  async #play(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { method = '', url = '', headers } = request
    const scripted = this.script[Math.min(this.seen.length, this.script.length - 1)]
    this.seen.push({ method, url, headers, body: Buffer.concat(pieces) })
    if (typeof scripted === 'function') scripted(response)
    else response.writeHead(scripted?.status ?? 500, scripted?.headers).end(scripted?.body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** A refusal as S3 writes it. */
export function refusal(status: number, code: string, message = 'a sentence'): Scripted {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}
