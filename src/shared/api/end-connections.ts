import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Lets a closing server end as soon as its last response is sent. Without this, the server would wait until busy
 * keep-alive connections are idle, and until connections that never sent a whole request time out.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
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
  })
}
