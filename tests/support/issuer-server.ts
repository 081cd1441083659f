import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'

/** The reaction of an issuer to a request for one of its documents. */
export type IssuerManner =
  | 'honest'
  | 'broken'
  | 'garbage'
  | 'null'
  | 'another issuer'
  | 'no keys'
  | 'redirect'
  | 'hanging'
  | 'hanging up'
  | 'endless'
  | 'huge'

/** The documents of an OpenID Connect issuer on a port of its own. Its manners and keys can change at any time. */
export class IssuerServer implements AsyncDisposable {
  discovery: IssuerManner = 'honest'
  jwks: IssuerManner = 'honest'
  keys: readonly unknown[]
  /** Paths of the requests, in their order. */
  readonly requested: string[] = []
  /** Awaited before every answer. */
  beforeAnswer: () => Promise<void> = async () => {}
  #port = 0
  #server: Server

  private constructor(keys: readonly JWK[]) {
    this.keys = keys
    this.#server = this.#create()
  }

  static async open(keys: readonly JWK[]): Promise<IssuerServer> {
    const issuer = new IssuerServer(keys)
    await issuer.#listen()
    return issuer
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Number of times that the keys were requested. */
  get fetches(): number {
    return this.requested.filter((path) => path === '/.well-known/openid-configuration').length
  }

  /** Stops the issuer. Later connections are refused. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** Starts the stopped issuer again, on its port. */
  async restart(): Promise<void> {
    this.#server = this.#create()
    await this.#listen()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #create(): Server {
    return createServer((request, response) => {
      response.on('error', () => {})
      void this.#answer(request.url ?? '', response)
    })
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const [path, again] = url.split('?')
    this.requested.push(url)
    await this.beforeAnswer()
    if (path === '/.well-known/openid-configuration') {
      const document = { issuer: this.url, jwks_uri: `${this.url}/jwks` }
      this.#manners(response, url, document)[again ? 'honest' : this.discovery]()
    } else if (path === '/jwks') this.#manners(response, url, { keys: this.keys })[again ? 'honest' : this.jwks]()
    else end(response, 404, {})
  }

  #manners(response: ServerResponse, url: string, document: object): Readonly<Record<IssuerManner, () => unknown>> {
    const say = (body: unknown) => end(response, 200, body)
    return {
      honest: () => say(document),
      broken: () => end(response, 500, document),
      garbage: () => response.writeHead(200).end('{"issuer": oops'),
      null: () => say(null),
      'another issuer': () => say({ ...document, issuer: 'https://other.example' }),
      'no keys': () => say({ issuer: this.url }),
      redirect: () => response.writeHead(302, { location: `${url}?again` }).end(),
      hanging: () => response.writeHead(200).write('{"issuer":'), // the answer begins but never ends
      'hanging up': () => response.destroy(),
      endless: () => pour(response.writeHead(200)),
      huge: () => say({ ...document, padding: 'x'.repeat(300_000) }),
    }
  }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Writes spaces, with which any JSON may begin, for as long as the client reads. */
function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(' '.repeat(1_024)));
  if (!response.destroyed) response.once('drain', () => pour(response))
}
