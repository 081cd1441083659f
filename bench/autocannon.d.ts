/** Types of the part of autocannon 9 that is used here. The package itself has no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Request {
    readonly method?: 'GET' | 'POST'
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }

  interface Client {
    /** Sets the requests that this connection sends from now on, in turn. */
    setRequests(requests: readonly Request[]): void
  }

  interface Options {
    /** Servers, to which the connections are assigned in turn. */
    readonly url: readonly string[]
    readonly connections: number
    /** Length of the run in seconds. Ignored when `amount` is given. */
    readonly duration: number
    /** Total number of requests, after which the run ends. */
    readonly amount?: number
    /** Milliseconds between two checks whether the run must end. */
    readonly sampleInt: number
    readonly setupClient: (client: Client) => void
  }

  interface Events {
    /** Response with its status, size and latency. */
    response: [client: Client, status: number, bytes: number, milliseconds: number]
    reqError: [error: Error]
  }

  export default function autocannon(options: Options): EventEmitter<Events> & PromiseLike<object>
}
