import { connect, type Socket } from 'node:net'

export interface Request {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Listeners {
  /** The response to the request in flight has arrived. Another request may be sent. */
  readonly onResponse: (status: number) => void
  /** The connection is gone, and with it the response to a request in flight, if there was one. */
  readonly onClose: () => void
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)

/**
 * A connection that sends one request at a time. Of a response it reads the status and the length only, so that the
 * generator takes little of the machine that it measures. Responses must tell their `Content-Length`.
 */
export class Connection {
  readonly #socket: Socket
  readonly #onResponse: (status: number) => void
  #received: Buffer = NOTHING

  constructor(url: string, { onResponse, onClose }: Listeners) {
    const { hostname, port } = new URL(url)
    this.#onResponse = onResponse
    this.#socket = connect(Number(port), hostname)
    this.#socket.setNoDelay()
    this.#socket.on('data', (bytes) => this.#receive(bytes))
    this.#socket.on('error', () => {}) // `close` follows
    this.#socket.on('close', onClose)
  }

  send(request: Uint8Array): void {
    this.#socket.write(request)
  }

  end(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes])
    const head = this.#received.indexOf(END_OF_HEAD)
    if (head === -1) return
    const text = this.#received.toString('latin1', 0, head)
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
    if (length === undefined) throw new Error(`a response has no Content-Length:\n${text}`)
    if (this.#received.length < head + END_OF_HEAD.length + Number(length)) return
    this.#received = NOTHING
    this.#onResponse(Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3)))
  }
}

/** The bytes of a request to the server of this URL. */
export function bytesOf(url: string, { method = 'GET', path, headers = {}, body = '' }: Request): Buffer {
  const all = { host: new URL(url).host, ...headers, ...(body && { 'content-length': Buffer.byteLength(body) }) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}
