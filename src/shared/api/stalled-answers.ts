import type { FastifyInstance } from 'fastify'

/**
 * Milliseconds in which the kernel takes nothing of an answer, so that its client is held to read nothing. The kernel takes
 * an answer in steps of up to 4 MB, the size of its buffer, so a shorter time would cut off slow readers on fast networks.
 */
const STALL_MS = 30_000

/**
 * Ends the connection of a client that reads nothing of its answer for `stallMs` milliseconds, at most for twice that long,
 * since Node looks only so often. Node's own timeouts are for requests and idle connections. An answer that the service has
 * yet to write does not count.
 */
export function endStalledAnswers(app: FastifyInstance, stallMs = STALL_MS): void {
  app.addHook('onRequest', (_request, { raw }, done) => {
    raw.setTimeout(stallMs, () => {
      if (raw.socket && raw.socket.writableLength > 0) raw.socket.destroy()
    })
    done()
  })
}
