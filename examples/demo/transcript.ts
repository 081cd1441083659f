import type { Answer, RunningService } from '../../tests/support/running-service.ts'

const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}([\da-f]{12})/g

export interface Call {
  readonly path: string
  /** Short note that distinguishes this call from its neighbours, such as the user. */
  readonly note?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Expected status. Any other status ends the demo. */
  readonly expect: number
  /** Fields of the response to print. */
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

  readonly get = async (call: Call): Promise<Body> =>
    this.#print('GET', call, await this.#service.get<Body>(call.path, call.headers))

  readonly post = async (call: Call): Promise<Body> =>
    this.#print('POST', call, await this.#service.post<Body>(call.path, call.body, call.headers))

  /** Prints this id as that name from now on. Returns the id. */
  readonly name = (id: unknown, name: string): string => {
    this.#names.set(String(id), name)
    return String(id)
  }

  #print(method: string, { path, note = '', expect, show = [] }: Call, { status, headers, body }: Answer<Body>): Body {
    const fields = show.map((field) => `${field} ${field in body ? this.#readable(String(body[field])) : '(absent)'}`)
    if (headers.has('idempotency-replayed')) fields.push('(replayed)')
    const request = `${method.padEnd(4)} ${this.#readable(path)}`
    console.log(`  ${request.padEnd(42)} ${note.padEnd(9)} ${status}  ${fields.join(', ')}`.trimEnd())
    if (status !== expect)
      throw new Error(`${method} ${path} returned ${status}, expected ${expect}: ${JSON.stringify(body)}`)
    return body
  }

  #readable(text: string): string {
    return text.replace(UUID, (id, end: string) => this.#names.get(id) ?? `..${end}`)
  }
}
