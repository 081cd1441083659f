import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Lets a closing server end as soon as its last answer is sent. Left to itself it would wait for busy keep-alive
 * connections until they are idle, and for those that never sent a whole request until that times out.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false
  const answering = new Set<FastifyRequest>()
  const endWhenQuiet = () => {
    if (closing && answering.size === 0) app.server.closeAllConnections()
  }
  // The first hook that runs when the request has arrived as a whole.
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
    setImmediate(endWhenQuiet) // when the server has stopped listening
  })
}
