/** The little that is used here of autocannon 9, which brings no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Request {
    readonly method?: 'GET' | 'POST'
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }

  interface Client {
    /** What this connection sends from now on, in turn. */
    setRequests(requests: readonly Request[]): void
  }

  interface Options {
    /** Connections are dealt out to them in turn. */
    readonly url: readonly string[]
    readonly connections: number
    /** Seconds; ignored when an amount is given. */
    readonly duration: number
    /** Requests in all, after which it ends. */
    readonly amount?: number
    /** Milliseconds between two looks at whether it is to end. */
    readonly sampleInt: number
    readonly setupClient: (client: Client) => void
  }

  interface Events {
    /** Status, bytes and milliseconds. */
    response: [client: Client, status: number, bytes: number, milliseconds: number]
    reqError: [error: Error]
  }

  export default function autocannon(options: Options): EventEmitter<Events> & PromiseLike<object>
}
