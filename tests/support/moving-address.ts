import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** An address on which one of several local servers answers, such as the address that follows the primary of a cluster. */
export class MovingAddress implements AsyncDisposable {
  readonly #ends = new Set<Socket>()
  readonly #server = createServer({ noDelay: true }, (client) => this.#accept(client))
  #port: number
  #isSilent = false

  private constructor(port: number) {
    this.#port = port
  }

  /** Opens the address in front of the server at `port`. */
  static async openTo(port: number): Promise<MovingAddress> {
    const address = new MovingAddress(port)
    address.#server.listen(0, '127.0.0.1')
    await once(address.#server, 'listening')
    return address
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Leads new connections to the server at `port`. */
  moveTo(port: number): void {
    this.#port = port
    this.#isSilent = false
  }

  /** Loses all traffic and closes no connection, as a machine without power does. Lasts until the address moves. */
  silence(): void {
    this.#isSilent = true
    for (const end of this.#ends) end.unpipe().pause().removeAllListeners('close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const end of this.#ends) end.destroy()
    await closed
  }

  #accept(client: Socket): void {
    this.#ends.add(client.on('error', () => {}))
    if (this.#isSilent) return
    const server = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    this.#ends.add(server.on('error', () => {}))
    for (const [end, other] of [[client, server] as const, [server, client] as const]) {
      end.pipe(other)
      end.on('close', () => this.#ends.delete(end) && other.destroy())
    }
  }
}
