import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'

export interface Address {
  readonly host: string
  /** 0: the system chooses. */
  readonly port: number
  /** The variable that gives the port. */
  readonly variable: 'PORT' | 'OPERATIONS_PORT'
}

/**
 * Listens for a moment, so that a start fails before it has set anything up. Returns the port. @throws Error that says what
 * to do
 */
export async function refuseTakenPort(address: Address): Promise<number> {
  const { host, port } = address
  const server = createServer()
  server.listen({ host, port })
  await once(server, 'listening').catch((error: unknown) => {
    throw failureAt(address, error)
  })
  const { port: found } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return found
}

/**
 * Listens, and returns the port. When workers share it, Linux gives each a queue of its own, and spreads the connections. Else
 * the primary would hand them on, and would keep those open for ever that it hands to a worker that has just been killed.
 *
 * @throws Error that says what to do
 */
export async function listen(app: FastifyInstance, address: Address, isShared: boolean): Promise<number> {
  const { host, port } = address
  const options = { host, port, reusePort: isShared && process.platform === 'linux' }
  const { level } = app.log
  app.log.level = 'warn' // Fastify logs a line for each network interface; newcomers look for the lines after them
  await app.listen(options).catch((error: unknown) => {
    throw failureAt(address, error)
  })
  app.log.level = level
  return (app.server.address() as AddressInfo).port
}

function failureAt({ host, port, variable }: Address, error: unknown): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new Error(
        `${variable}: port ${port} of ${host} is in use by another program: stop that program, or set ${variable} to ` +
          'another port',
      )
    case 'EACCES':
      return new Error(`${variable}: this user may not listen on port ${port}: set ${variable} to a port above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Error(`HOST: ${host} is no address of this machine: set HOST to one that it has, or to 0.0.0.0`)
    default:
      return error
  }
}
