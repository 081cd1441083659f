import type { Answer, RunningService } from '../../tests/support/running-service.ts'

const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}([\da-f]{12})/g

export interface Call {
  readonly path: string
  /** Who or what makes this call differ from its neighbours. */
  readonly note?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** The status; any other one ends the demo. */
  readonly expect: number
  /** The fields of the answer that tell something. */
  readonly show?: readonly string[]
}

interface Body {
  readonly id?: string
  readonly winner_ballot_id?: string
  readonly [field: string]: unknown
}

/** Makes calls and prints each as one line. */
export class Transcript {
  readonly #service: RunningService
  readonly #names = new Map<string, string>()

  constructor(service: RunningService) {
    this.#service = service
  }

  readonly chapter = (title: string): void => console.log(`\n${title}`)

  readonly get = async (call: Call): Promise<Body> => this.#told('GET', call, await this.#service.get<Body>(call.path))

  readonly post = async (call: Call): Promise<Body> =>
    this.#told('POST', call, await this.#service.post<Body>(call.path, call.body, call.headers))

  /** From now on this id is told by that name. */
  readonly name = (id: unknown, name: string): string => {
    this.#names.set(String(id), name)
    return String(id)
  }

  #told(method: string, { path, note = '', expect, show = [] }: Call, { status, headers, body }: Answer<Body>): Body {
    const fields = show.map((field) => `${field} ${this.#readable(String(body[field]))}`)
    if (headers.has('idempotency-replayed')) fields.push('(replayed)')
    const request = `${method.padEnd(4)} ${this.#readable(path)}`
    console.log(`  ${request.padEnd(42)} ${note.padEnd(9)} ${status}  ${fields.join(', ')}`.trimEnd())
    if (status !== expect)
      throw new Error(`${method} ${path} answered ${status}, not ${expect}: ${JSON.stringify(body)}`)
    return body
  }

  #readable(text: string): string {
    return text.replace(UUID, (id, end: string) => this.#names.get(id) ?? `..${end}`)
  }
}
