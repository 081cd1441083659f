import { once } from 'node:events'
import { type AddressInfo, connect, type Server } from 'node:net'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { expectProblem, rowsStored, serve } from '../../support/http.ts'
import { send } from '../../support/raw-http.ts'

const post = (headers: string, body: string) =>
  `POST /users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`

describe('bytes that are not a valid request', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a TLS handshake', Buffer.from('160301020001000', 'hex')],
    ['an unknown method', 'GRAB / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost x\r\n\r\n'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n'],
    ['a space in the path', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['two lengths', post('Content-Length: 1\r\nContent-Length: 2', '{}')],
    ['a length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked', '{}')],
    ['a length that is not a number', post('Content-Length: -1', '{}')],
    ['a broken chunk', post('Transfer-Encoding: chunked', 'zz\r\n{}\r\n')],
  ])('%s is 400', async (_, bytes) => {
    const service = await serve()

    expectProblem(await send(service, bytes), 400, 'invalid_request')
    expect(rowsStored(service.parts)).toBe(0)
  })

  it.each([
    ['one long header', `A: ${'x'.repeat(20_000)}\r\n`],
    ['many headers', Array.from({ length: 3_000 }, (_, n) => `a${n}: x\r\n`).join('')],
    ['a long cookie', `Cookie: ${'a=b; '.repeat(5_000)}\r\n`],
  ])('%s is 431', async (_, headers) => {
    const answer = await send(await serve(), `GET /lotteries HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)

    expectProblem(answer, 431, 'headers_too_large')
  })

  it('a long path is also 431, because it is part of the head', async () => {
    const answer = await send(await serve(), `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)

    expectProblem(answer, 431, 'headers_too_large')
  })
})

describe('a refused client that never ends its connection', () => {
  it.each([
    ['bytes that are not a valid request', 'hello\r\n\r\n'],
    ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n'],
  ])('loses it soon after the refusal: %s', async (_, bytes) => {
    const { app } = await serve()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.resume().write(bytes)
    await once(socket, 'end')

    await expect.poll(() => connections(app.server), { timeout: 3_000 }).toBe(0)
    socket.destroy()
  })
})

describe('requests that only a socket can send', () => {
  it('with an invalid path are 400', async () => {
    const answer = await send(await serve(), 'GET /users/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')

    expectProblem(answer, 400, 'invalid_request')
  })

  it('followed by invalid bytes never get the answer to those bytes', async () => {
    const get = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n'

    const answer = await send(await serve(), `${get}rubbish\r\n\r\n`)

    expect(answer.text).not.toContain('invalid_request')
  })

  it('with chunks of more than 16 KiB in total are 413', async () => {
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`

    const answer = await send(await serve(), post('Transfer-Encoding: chunked', `${chunk.repeat(17)}0\r\n\r\n`))

    expectProblem(answer, 413, 'body_too_large')
  })

  it('with several hundred headers are served', async () => {
    const headers = Array.from({ length: 500 }, (_, n) => `a${n}: x\r\n`).join('')

    const answer = await send(
      await serve(),
      `GET /lotteries HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`,
    )

    expect(answer.status).toBe(200)
  })

  it('do not stop the service from serving the next request', async () => {
    const service = await serve()
    await send(service, 'hello\r\n\r\n')

    const body = '{"email":"ada@example.org"}'
    expect((await send(service, post(`Content-Length: ${body.length}`, body))).status).toBe(201)
  })
})

function connections(server: Server): Promise<number> {
  return promisify(server.getConnections.bind(server))()
}
