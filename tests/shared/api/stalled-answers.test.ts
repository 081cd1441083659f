import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { endStalledAnswers } from '../../../src/shared/api/stalled-answers.ts'
import { neverReading, requestsOf } from '../../support/never-reading.ts'

const STALL_MS = 100
const MEGABYTE = 'x'.repeat(1_000_000)

let app: FastifyInstance
let port: number

beforeEach(async () => {
  app = Fastify()
  endStalledAnswers(app, STALL_MS)
  app.get('/stream', async (_request, reply) => reply.send(Readable.from(Array(20).fill(MEGABYTE))))
  app.get('/text', async () => MEGABYTE.repeat(20))
  app.get('/paced', async (_request, reply) => reply.send(Readable.from(paced())))
  app.get('/late', async () => {
    await setTimeout(4 * STALL_MS)
    return 'late'
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
})

afterEach(() => app.close())

async function* paced(): AsyncGenerator<string> {
  for (let chunk = 0; chunk < 10; chunk++) {
    await setTimeout(STALL_MS / 2)
    yield MEGABYTE
  }
}

/** Resolves when the server has closed its side of the next connection. */
async function nextClosed(): Promise<void> {
  const [socket] = (await once(app.server, 'connection')) as [Socket]
  await once(socket, 'close')
}

describe('a client that does not read its answer', () => {
  it.each([
    ['a stream', requestsOf('/stream')],
    ['a text', requestsOf('/text')],
    ['pipelined answers', requestsOf('/stream', '/text', '/stream')],
  ])('loses its connection: %s', async (_answer, bytes) => {
    const closed = nextClosed()
    const client = await neverReading(port, bytes)

    await closed
    client.destroy()
  })

  it('cannot keep its connection by sending more requests', async () => {
    const closed = nextClosed()
    const client = await neverReading(port, requestsOf('/stream'))
    const more = setInterval(() => client.write(requestsOf('/late')), STALL_MS / 4)

    await closed
    clearInterval(more)
    client.destroy()
  })
})

describe('a client that reads', () => {
  it('gets all of a stream that takes longer than the limit', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/paced`)

    expect(await answer.text()).toHaveLength(10 * MEGABYTE.length)
  })

  it('gets an answer that the service makes for longer than the limit, and keeps its idle connection', async () => {
    const client = connect(port, '127.0.0.1')
    client.write(requestsOf('/late'))
    const [first] = (await once(client, 'data')) as [Buffer]
    await setTimeout(3 * STALL_MS)
    client.write(requestsOf('/late'))
    const [second] = (await once(client, 'data')) as [Buffer]
    client.destroy()

    expect([first, second].map((answer) => answer.toString().split('\r\n\r\n')[1])).toEqual(['late', 'late'])
  })
})
