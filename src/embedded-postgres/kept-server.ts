import { setTimeout as sleep } from 'node:timers/promises'
import { type ClaimedServer, stopServer } from './claimed-server.ts'

/** Is told what happens to a server that is kept running. */
export interface ServerEvents {
  /** The server, or its owner's connection, was lost. It is claimed again at once. */
  onLost(): void
  /** The server is ready again at the same port, and this process owns it again. */
  onBack(): void
  /** A try failed. Called once for failures in a row that have the same message. Further tries follow. */
  onFailure(error: Error): void
}

type ClaimAgain = (port: number, signal: AbortSignal) => Promise<ClaimedServer>

const RETRY_MS = 500

/**
 * Keeps a server running until it is stopped. When the main process of PostgreSQL dies, another one is started at the same
 * port. When one backend crashes, PostgreSQL ends all others with it, the owner's too, and the lock is taken again. A server
 * that another process has claimed meanwhile is left alone until that process lets it go.
 */
export class KeptServer {
  #server: ClaimedServer
  readonly #port: number
  readonly #claim: ClaimAgain
  readonly #events: ServerEvents
  readonly #stopping = new AbortController()
  #restoring: Promise<void> = Promise.resolve()

  constructor(server: ClaimedServer, claim: ClaimAgain, events: ServerEvents) {
    this.#server = server
    this.#port = server.postmaster.port
    this.#claim = claim
    this.#events = events
    this.#watch()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#restoring
    await stopServer(this.#server)
  }

  #watch(): void {
    void this.#server.ownership.lost.then(() => {
      if (!this.#stopping.signal.aborted) this.#restoring = this.#restore()
    })
  }

  async #restore(): Promise<void> {
    this.#events.onLost()
    const server = await this.#claimUntilItIsOurs()
    if (server === undefined) return
    this.#server = server
    this.#events.onBack()
    this.#watch()
  }

  /** Undefined when the server is to be stopped. */
  async #claimUntilItIsOurs(): Promise<ClaimedServer | undefined> {
    const { signal } = this.#stopping
    let told = ''
    while (!signal.aborted) {
      try {
        const server = await this.#claim(this.#port, signal)
        if (server.postmaster.port === this.#port) return server
        await stopServer(server) // a process that has ended started it at another port
      } catch (error) {
        if (signal.aborted) return undefined
        const failure = error instanceof Error ? error : new Error(String(error))
        if (failure.message !== told) this.#events.onFailure(failure)
        told = failure.message
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
    return undefined
  }
}
