import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { endConnectionsOnClose } from '../../../src/shared/api/end-connections.ts'
import { memoryParts } from '../../support/memory-app.ts'
import { neverReading, requestsOf } from '../../support/never-reading.ts'

type App = Awaited<ReturnType<typeof buildApp>>

let app: App

/** Starts the app with a readiness check that waits for `release`. */
async function listening() {
  const gate = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const checkReadiness = async () => {
    arrived.resolve()
    await gate.promise
    return { overdue: 0, sealed: 0 }
  }
  const parts = memoryParts()
  app = await buildApp({ ...parts, lottery: { ...parts.lottery, checkReadiness } }, { maxEventLoopDelayMs: 0 })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  return { port, release: gate.resolve, arrived: arrived.promise }
}

afterEach(() => app.close())

describe('closing the server', () => {
  it.each([
    ['sent nothing', ''],
    ['sent half a request', 'POST /users HTTP/1.1\r\nHost: x\r\n'],
    [
      'sent half a body',
      'POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    ],
  ])('does not wait for a connection that %s', async (_sent, bytes) => {
    const { port } = await listening()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    socket.write(bytes)
    await fetch(`http://127.0.0.1:${port}/health/live`)

    const ended = once(socket, 'close')
    await app.close()
    await ended
  })

  it('answers requests in flight, and ends their connections', async () => {
    const { port, release, arrived } = await listening()
    const answer = fetch(`http://127.0.0.1:${port}/health/ready`)
    await arrived

    const closed = app.close()
    release()

    expect((await answer).status).toBe(200)
    await closed
  })
})

describe('closing the server while a client does not read its answer', () => {
  it('ends its connection when the time for answers is over', async () => {
    const server = Fastify()
    endConnectionsOnClose(server, 100)
    server.get('/text', async () => 'x'.repeat(20_000_000))
    await server.listen({ host: '127.0.0.1', port: 0 })
    const sent = once(server.server, 'request')
    const client = await neverReading((server.server.address() as AddressInfo).port, requestsOf('/text'))
    await sent

    await server.close()
    client.destroy()
  })
})

describe('a readiness check that does not end', () => {
  it('is answered with 503 within seconds', async () => {
    const { port, release } = await listening()

    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`)

    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toMatch(/^[123]$/)
    expect(await answer.json()).toMatchObject({ code: 'timed_out' })
    release()
  })
})
