import pg from 'pg'

/** Where the connection breaks: `before` COMMIT is sent, or when the server's answer to it `arrives`. */
type Break = 'before' | 'arrives'

interface FaultyClients {
  readonly Client: typeof pg.Client
  readonly breakNext: (statement: RegExp, when: Break) => void
}

/** A pg.Client class for createPool whose connections can be broken at a statement, once for each order. */
export function faultyClients(): FaultyClients {
  let order: { statement: RegExp; when: Break } | undefined

  class FaultyClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      const query = this.query.bind(this) as (...args: unknown[]) => unknown
      this.query = ((...args: unknown[]) => {
        if (order?.statement.test(String(args[0]))) {
          const { stream } = this.connection
          if (order.when === 'before') stream.destroy()
          else stream.removeAllListeners('data').once('data', () => stream.destroy())
          order = undefined
        }
        return query(...args)
      }) as typeof this.query
    }
  }

  return {
    Client: FaultyClient,
    breakNext: (statement, when) => {
      order = { statement, when }
    },
  }
}
