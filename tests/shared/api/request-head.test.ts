import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { expectProblem, rowsStored, serve } from '../../support/http.ts'
import { send } from '../../support/raw-http.ts'

const ADA = '{"email":"ada@example.org"}'
const get = (...headers: string[]) => request('GET /lotteries HTTP/1.1', headers)
const post = (body: string, ...headers: string[]) =>
  `${request('POST /users HTTP/1.1', ['Host: x', ...headers, `Content-Length: ${body.length}`])}${body}`
const asJson = 'Content-Type: application/json'
const LARGE = 20_000
const UNSUPPORTED = 'unsupported_media_type'

describe('a request that the service refuses for its head', () => {
  it.each([
    ['two hosts', get('Host: a', 'Host: b'), 400, 'invalid_request'],
    ['the same host twice', get('Host: a', 'host: a'), 400, 'invalid_request'],
    ['no host', get(), 400, 'invalid_request'],
    ['an empty host', get('Host:'), 400, 'invalid_request'],
    ['a host with a space', get('Host: a b'), 400, 'invalid_request'],
    ['a host with a path', get('Host: a/b'), 400, 'invalid_request'],
    ['a host with a user', get('Host: user@a'), 400, 'invalid_request'],
    ['a host with a comma and a space', get('Host: a, b'), 400, 'invalid_request'],
    ['a host with a port of letters', get('Host: a:http'), 400, 'invalid_request'],
    ['an IPv6 address that is not in brackets', get('Host: ::1'), 400, 'invalid_request'],
    ['HTTP/0.9', 'GET /lotteries\r\n\r\n', 400, 'invalid_request'],
    ['HTTP/2 in the clear', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_request'],
    ['HTTP/2 in the request line', request('GET /lotteries HTTP/2.0', ['Host: x']), 400, 'invalid_request'],
    ['a GET of *', request('GET * HTTP/1.1', ['Host: x']), 400, 'invalid_request'],
    ['no path', request('GET HTTP/1.1', ['Host: x']), 400, 'invalid_request'],
    ['CONNECT', request('CONNECT a:443 HTTP/1.1', ['Host: a:443']), 405, 'method_not_allowed'],
    ['an unknown expectation', get('Host: x', 'Expect: 200-ok'), 417, 'invalid_request'],
    ['an unknown expectation, and a body', post(ADA, asJson, 'Expect: bliss'), 417, 'invalid_request'],
    ['an expectation besides 100-continue', post(ADA, asJson, 'Expect: 100-continue, x'), 417, 'invalid_request'],
    ['long headers', get('Host: x', `A: ${'x'.repeat(LARGE)}`), 431, 'headers_too_large'],
  ])('gets a problem document, and the service goes on: %s', async (_, bytes, status, code) => {
    const service = await serve()

    const refused = await send(service, bytes)

    expectProblem(refused, status, code)
    expect(refused.headers).toMatchObject({ connection: 'close', 'content-length': expect.stringMatching(/^[1-9]/) })
    expect(rowsStored(service.parts)).toBe(0)
    const served = await send(service, post(ADA, asJson, 'Connection: close'))
    expect(served).toMatchObject({ status: 201 })
  })

  it('names no method in Allow when it is CONNECT', async () => {
    const refused = await send(await serve(), request('CONNECT a:443 HTTP/1.1', ['Host: a:443']))

    expect(refused.headers.allow).toBe('')
  })
})

describe('a request that the service serves in spite of its head', () => {
  it.each([
    ['a host with a port', get('Host: lottery.example:8000', 'Connection: close')],
    ['a host with an empty port', get('Host: lottery.example:', 'Connection: close')],
    ['a host with an underscore', get('Host: lottery_web', 'Connection: close')],
    ['an IPv4 address', get('Host: 127.0.0.1:8000', 'Connection: close')],
    ['an IPv6 address', get('Host: [::1]:8000', 'Connection: close')],
    ['no host in HTTP/1.0', request('GET /lotteries HTTP/1.0', [])],
    ['an unknown expectation in HTTP/1.0', request('GET /lotteries HTTP/1.0', ['Expect: bliss'])],
    ['a full URL', request('GET http://x/lotteries HTTP/1.1', ['Host: x', 'Connection: close'])],
    ['an upgrade to a WebSocket', get('Host: x', 'Connection: Upgrade, close', 'Upgrade: websocket')],
    ['an upgrade to HTTP/2', get('Host: x', 'Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c')],
  ])('%s', async (_, bytes) => {
    expect(await send(await serve(), bytes)).toMatchObject({ status: 200, body: { items: [] } })
  })
})

describe('the body of a request with Expect: 100-continue', () => {
  const expecting = (line: string, length: number, type = asJson) =>
    request(line, ['Host: x', type, `Content-Length: ${length}`, 'Expect: 100-continue'])

  it.each([
    ['is too long', expecting('POST /users HTTP/1.1', LARGE), 413, 'body_too_large'],
    ['has another content type', expecting('POST /users HTTP/1.1', 10, 'Content-Type: text/csv'), 415, UNSUPPORTED],
    ['has a path that cannot be read', expecting('POST /%zz HTTP/1.1', 10), 400, 'invalid_request'],
    ['has a route that takes none', expecting('GET /lotteries HTTP/1.1', 10), 400, 'invalid_request'],
  ])('is not asked for when it %s', async (_, bytes, status, code) => {
    const refused = await send(await serve(), bytes)

    expectProblem(refused, status, code)
    expect(refused.headers.connection).toBe('close')
  })

  it('is asked for when it is wanted, and the connection stays open afterwards', async () => {
    const { app } = await serve()
    await app.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
    const all = text(socket)
    socket.write(expecting('POST /users HTTP/1.1', ADA.length))
    socket.once('data', () => socket.write(`${ADA}${get('Host: x', 'Connection: close')}`))

    expect((await all).match(/HTTP\/1.1 \d.*/g)).toEqual([
      'HTTP/1.1 100 Continue',
      'HTTP/1.1 201 Created',
      'HTTP/1.1 200 OK',
    ])
  })

  it('is read when the client does not wait', async () => {
    const bytes = post(ADA, asJson, 'Expect: 100-continue', 'Connection: close')

    expect((await send(await serve(), bytes)).text).toContain('HTTP/1.1 201 Created')
  })
})

function request(line: string, headers: readonly string[]): string {
  return [line, ...headers, '', ''].join('\r\n')
}
