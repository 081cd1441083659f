import type { Socket } from 'node:net'
import pg from 'pg'

/** The moment when the connection breaks: `before` the statement is sent, after it is `sent`, or when its answer `arrives`. */
type Break = 'before' | 'sent' | 'arrives'

interface FaultyClients {
  readonly Client: typeof pg.Client
  readonly breakNext: (statement: RegExp, when: Break, times?: number) => void
}

/** Returns a pg.Client class for createPool, and a function that breaks its connections at chosen statements. */
export function faultyClients(): FaultyClients {
  let fault: { statement: RegExp; when: Break; times: number } | undefined

  class FaultyClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const query = this.query.bind(this) as (...args: unknown[]) => unknown
      this.query = ((...args: unknown[]) => {
        if (fault?.statement.test(String(args[0]))) {
          const { stream } = this.connection
          const { when } = fault
          fault.times -= 1
          if (fault.times === 0) fault = undefined
          if (when === 'before') stream.destroy()
          else if (when === 'arrives') stream.removeAllListeners('data').once('data', () => stream.destroy())
          else {
            const sent = query(...args)
            ;(stream as Socket).destroySoon()
            return sent
          }
        }
        return query(...args)
      }) as typeof this.query
    }
  }

  return {
    Client: FaultyClient,
    breakNext: (statement, when, times = 1) => {
      fault = { statement, when, times }
    },
  }
}
