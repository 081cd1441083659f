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
  app.addHook('preValidation', async (request) => void answering.add(request))
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request) => {
    answering.delete(request)
    endWhenQuiet()
  })
  app.addHook('preClose', async () => {
    closing = true
    setImmediate(endWhenQuiet) // when the server has stopped listening
  })
}
