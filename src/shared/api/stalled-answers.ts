import type { ServerResponse } from 'node:http'
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
  app.server.timeout = stallMs
  app.addHook('onRequest', (_request, { raw }, done) => {
    raw.on('timeout', endUnlessAwaited)
    done()
  })
}

/** Node would end a connection without such a listener, as it does with one that is idle. */
function endUnlessAwaited(this: ServerResponse): void {
  if (this.socket && this.socket.writableLength > 0) this.socket.destroy()
}
