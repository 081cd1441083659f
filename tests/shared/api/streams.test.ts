import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHttpServer } from '../../../src/shared/api/http-server.ts'
import { registerConditionalGet } from '../../../src/shared/api/immutable.ts'
import { boundStreams, streamOf, textOrStreamOf } from '../../../src/shared/api/streams.ts'
import { aSubmit, CAUSE, TODAY } from '../../support/builders.ts'
import { type Service, serve } from '../../support/http.ts'
import { neverReading, requestsOf } from '../../support/never-reading.ts'

/** Chunks that each stream has after its own ones. */
const MORE = 50

/** Makes every stream longer, and counts the chunks that are pulled from the streams. */
function countPulls(): { streams: number; chunks: number } {
  const pulled = { streams: 0, chunks: 0 }
  const from = Readable.from.bind(Readable)
  async function* counted(source: Iterable<unknown> | AsyncIterable<unknown>) {
    for await (const chunk of source) {
      pulled.chunks += 1
      yield chunk
    }
    for (let more = 0; more < MORE; more++) {
      pulled.chunks += 1
      yield ' '
    }
  }
  const spy = vi.spyOn(Readable, 'from').mockImplementation((source, options) => {
    if (Array.isArray(source)) return from(source, options)
    pulled.streams += 1
    return from(counted(source), options)
  })
  onTestFinished(() => spy.mockRestore())
  return pulled
}

/** Serves a closed lottery of today, and returns the paths of all GET routes with its values. */
async function serveClosedLottery(): Promise<Service & { readonly paths: readonly string[] }> {
  const service = await serve()
  const { parts, call } = service
  const [outcome] = await parts.lottery.submitBallots.execute([aSubmit({ userId: await parts.register() })])
  if (outcome?.kind !== 'accepted') throw new Error('the ballot was refused')
  parts.clock.advance({ days: 1 })
  await parts.lottery.closeLottery.execute(TODAY, CAUSE)
  await parts.auditLog.sequenceEvents.execute()
  const { body } = await call('GET /openapi.json')
  const routes = Object.entries(body['paths'] as Record<string, object>).filter(([, methods]) => 'get' in methods)
  const paths = routes.map(([path]) => path.replace('{date}', TODAY).replace('{id}', outcome.ballot.id))
  return { ...service, paths }
}

describe('HEAD of a streamed answer', () => {
  it('has the status and headers of GET, and pulls at most the first chunk, at every route', async () => {
    const { call, paths } = await serveClosedLottery()
    const pulled = countPulls()
    const streamed: string[] = []
    for (const path of paths) {
      pulled.streams = 0
      const get = await call(`GET ${path}`)
      if (pulled.streams === 0) continue
      streamed.push(path)
      expect(pulled.chunks).toBeGreaterThan(MORE)

      pulled.chunks = 0
      const head = await call(`HEAD ${path}`)

      expect(pulled.chunks).toBeLessThanOrEqual(1)
      expect({ status: head.status, text: head.text }).toEqual({ status: get.status, text: '' })
      expect(stable(head.headers)).toEqual(stable(get.headers))
      pulled.chunks = 0
    }

    expect(streamed).toEqual(expect.arrayContaining(['/audit/log', `/lotteries/${TODAY}/ledger`]))
  })

  it('is 304 when the caller has the answer already', async () => {
    const { call } = await serveClosedLottery()
    const path = `/lotteries/${TODAY}/ledger`
    const { headers } = await call(`HEAD ${path}`)

    const again = await call(`HEAD ${path}`, undefined, { 'if-none-match': String(headers['etag']) })

    expect(again).toMatchObject({ status: 304, text: '', headers: { etag: headers['etag'] } })
  })
})

describe('an answer of many pages', () => {
  it('is one text while it is short; a long one is a stream of the same text, of which the beginning is read first', async () => {
    let read = 0
    async function* pages(count: number) {
      for (; read < count; read += 1) yield String(read % 10).repeat(30_000)
    }

    expect(await textOrStreamOf(pages(2))).toBe('0'.repeat(30_000) + '1'.repeat(30_000))
    read = 0
    const long = await textOrStreamOf(pages(9))

    expect([long, read]).toEqual([expect.any(Readable), 2])
    const text = (await Array.fromAsync(long as Readable)).join('')
    expect([text.length, text.replace(/(.)\1+/g, '$1')]).toEqual([270_000, '012345678'])
  })
})

/** Without the headers that differ between two requests, and those of the body's framing, which HEAD need not have. */
function stable({ ...headers }: Record<string, unknown>): Record<string, unknown> {
  for (const name of ['x-request-id', 'date', 'transfer-encoding', 'connection']) delete headers[name]
  return headers
}

describe('streamed answers', () => {
  const app = { current: createHttpServer({}) }
  let port: number
  let reading: Reading

  beforeEach(async () => {
    const server = createHttpServer({})
    app.current = server
    reading = { now: 0, most: 0, pages: 0 }
    registerConditionalGet(server)
    boundStreams(server, 2)
    const streaming = { config: { access: 'read', streams: true } } as const
    const long = () => Readable.from(Array(20).fill('x'.repeat(1_000_000)))
    server.get('/stream', streaming, async (_request, reply) => reply.send(long()))
    server.get('/broken', streaming, async (_request, reply) => reply.send(streamOf(failing())))
    server.get('/counted', streaming, async (_request, reply) => reply.send(streamOf(counted(reading))))
    server.get('/short', async () => 'short')
    await server.listen({ host: '127.0.0.1', port: 0 })
    port = (server.server.address() as AddressInfo).port
  })

  afterEach(() => app.current.close())

  it('are refused beyond the limit, which is free again when a client is gone', async () => {
    const clients: Socket[] = []
    for (const _ of [1, 2]) {
      const sent = once(app.current.server, 'request')
      clients.push(await neverReading(port, requestsOf('/stream')))
      await sent
    }

    const refused = await fetch(`http://127.0.0.1:${port}/stream`)

    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^[123]$/)
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await refused.json()).toMatchObject({ code: 'overloaded' })
    expect((await fetch(`http://127.0.0.1:${port}/short`)).status).toBe(200)
    for (const client of clients) client.destroy()
    await vi.waitFor(async () => expect((await whole('/counted')).status).toBe(200), { timeout: 4_000 })
  })

  it('count no more when they have ended or failed', async () => {
    for (let request = 0; request < 5; request++) {
      expect((await whole('/broken')).status).toBe(500)
      expect((await whole('/counted')).status).toBe(200)
    }
  })

  it('read their pages one at a time', async () => {
    await Promise.all([whole('/counted'), whole('/counted')])

    expect(reading).toEqual({ now: 0, most: 1, pages: 20 })
  })

  async function whole(path: string): Promise<Response> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    await answer.arrayBuffer()
    return answer
  }
})

async function* failing(): AsyncGenerator<string> {
  yield await Promise.reject(new Error('the source is away'))
}

interface Reading {
  now: number
  most: number
  pages: number
}

/** Ten pages, each of which takes some turns of the event loop, as a page from a database does. */
async function* counted(reading: Reading): AsyncGenerator<string> {
  for (let page = 0; page < 10; page++) {
    reading.now += 1
    reading.most = Math.max(reading.most, reading.now)
    for (let turn = 0; turn < 5; turn++) await setImmediate()
    reading.now -= 1
    reading.pages += 1
    yield 'x'
  }
}
