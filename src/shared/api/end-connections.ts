import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Milliseconds that a closing server still answers. A statement of the database takes at most 5 s. */
const ANSWERS_WITHIN_MS = 5_000

/**
 * Lets a closing server end as soon as its last response is sent, and after `withinMs` milliseconds in any case, since a
 * client can read slowly or not at all. Without this, the server would wait for such clients, until busy keep-alive
 * connections are idle, and until connections that never sent a whole request time out.
 */
export function endConnectionsOnClose(app: FastifyInstance, withinMs = ANSWERS_WITHIN_MS): void {
  let closing = false
  const answering = new Set<FastifyRequest>()
  const endWhenQuiet = () => {
    if (closing && answering.size === 0) app.server.closeAllConnections()
  }
  // preValidation is the first hook that runs after the whole request has arrived.
  app.addHook('preValidation', (request, _reply, done) => {
    answering.add(request)
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (request, _reply, done) => {
    answering.delete(request)
    endWhenQuiet()
    done()
  })
  app.addHook('preClose', async () => {
    closing = true
    setImmediate(endWhenQuiet) // after the server has stopped listening
    const deadline = setTimeout(() => app.server.closeAllConnections(), withinMs)
    app.server.once('close', () => clearTimeout(deadline))
  })
}
