import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cloudEventJson } from '../../../src/events/domain/cloud-event.ts'
import type { RecordedEvent } from '../../../src/shared/domain/domain-events.ts'
import { type AddressRules, addressRules } from '../../../src/webhooks/infrastructure/address-rules.ts'
import { HttpWebhookSender, type SenderSettings } from '../../../src/webhooks/infrastructure/http-webhook-sender.ts'
import { mintSecret } from '../../../src/webhooks/infrastructure/standard-signature.ts'
import { Receiver } from '../../support/receiver.ts'

const SECRET = mintSecret()
const EVENT: RecordedEvent = {
  id: '0190f5fe-7c00-7a00-8000-0000000000e1',
  aggregate: 'lottery/2026-03-10',
  seq: 3,
  type: 'lottery.closed.v1',
  data: { date: '2026-03-10', note: 'ünïcode' },
  occurredAt: Date.parse('2026-03-11T00:00:00.017Z'),
  cause: { actor: 'service', requestId: null },
}
const SOURCE = { source: '//lottery.local', schemas: 'https://lottery.example/events/schemas' }
/** Stands in for a public address, and another one of this machine for a private address. */
const [PUBLIC, PRIVATE] = ['127.0.0.1', '127.0.0.2']
const ONLY_PUBLIC: AddressRules = { refusalOf: () => undefined, isAllowed: (address) => address === PUBLIC }

function sender(given: Partial<SenderSettings> = {}): HttpWebhookSender {
  const toJson = (event: RecordedEvent) => cloudEventJson(event, SOURCE)
  const made = new HttpWebhookSender({ rules: addressRules(true), toJson, ...given })
  onTestFinished(() => made.close())
  return made
}

function send(url: string, given: Partial<SenderSettings> = {}) {
  return sender(given).send({ url, secret: SECRET }, EVENT)
}

/** A resolver that gives these addresses, one list for each call. */
function resolving(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const resolve = async (hostname: string) =>
    (answers[asked.push(hostname) - 1] ?? []).map((address) => ({ address, family: 4 }))
  return { asked, resolve }
}

describe('a sent event', () => {
  it('is verified by a receiver that knows Standard Webhooks, and is the CloudEvents JSON of the event', async () => {
    const receiver = await Receiver.open()

    expect(await send(`${receiver.url}?token=x`)).toEqual({ status: 204, error: null })

    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = receiver.received
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({
      specversion: '1.0',
      id: EVENT.id,
      type: 'lottery.closed.v1',
      source: '//lottery.local',
      subject: 'lottery/2026-03-10',
      time: '2026-03-11T00:00:00.017Z',
      dataschema: 'https://lottery.example/events/schemas/lottery.closed.v1.json',
      sequence: '00000000000000000003',
      actor: 'service',
      datacontenttype: 'application/json',
      data: EVENT.data,
    })
    expect(path).toBe('/hook?token=x')
    expect(headers).toMatchObject({ 'webhook-id': EVENT.id, 'content-type': 'application/cloudevents+json' })
  })

  it('is not verified with another secret, another id or another body', async () => {
    const receiver = await Receiver.open()
    await send(receiver.url)
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received

    expect(() => new Webhook(mintSecret()).verify(body, headers)).toThrow('No matching signature found')
    expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow('No matching signature found')
    expect(() => new Webhook(SECRET).verify(body, { ...headers, 'webhook-id': 'x' })).toThrow('No matching signature')
  })

  it('has the status of the answer as its result', async () => {
    const receiver = await Receiver.open()
    for (const status of [200, 299, 404, 410, 500]) {
      receiver.answer = (response) => response.writeHead(status).end('thanks')
      expect(await send(receiver.url)).toEqual({ status, error: null })
    }
  })

  it.each([301, 302, 307, 308])('follows no redirect: %i', async (status) => {
    const receiver = await Receiver.open()
    receiver.answer = (response) => response.writeHead(status, { location: '/elsewhere' }).end()

    expect(await send(receiver.url)).toEqual({ status, error: null })
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook'])
  })
})

describe('a receiver that takes its time', () => {
  const timeouts = { connectMs: 300, answerMs: 300, wholeMs: 1_000 }

  it('without an answer is given up', async () => {
    const receiver = await Receiver.open()
    receiver.answer = () => {}

    expect(await send(receiver.url, { timeouts })).toEqual({ status: null, error: 'timeout' })
  })

  it('with a body of more than a few kilobytes is left at once', async () => {
    const receiver = await Receiver.open()
    const left = Promise.withResolvers<void>()
    receiver.answer = (response) => {
      response.on('close', left.resolve)
      response.writeHead(200).write(Buffer.alloc(8_192)) // and no end
    }
    const patient = { connectMs: 60_000, answerMs: 60_000, wholeMs: 60_000 }

    expect(await send(receiver.url, { timeouts: patient })).toEqual({ status: 200, error: null })
    await left.promise
  })

  it('with a body that drips is left after the time of the whole request', async () => {
    const receiver = await Receiver.open()
    receiver.answer = (response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 50)
      response.on('close', () => clearInterval(drip))
    }
    const startedAt = performance.now()

    expect(await send(receiver.url, { timeouts })).toEqual({ status: 200, error: null })
    expect(performance.now() - startedAt).toBeGreaterThan(900)
  })

  it('that is not there is unreachable', async () => {
    const receiver = await Receiver.open()
    const { url } = receiver
    await receiver.close()

    expect(await send(url)).toEqual({ status: null, error: 'unreachable' })
  })

  it('with headers beyond all measure is unreachable', async () => {
    const receiver = await Receiver.open()
    receiver.answer = (response) => response.writeHead(200, { filler: 'x'.repeat(12_000) }).end()

    expect(await send(receiver.url)).toEqual({ status: null, error: 'unreachable' })
  })
})

describe('an address that is not public', () => {
  it.each(['https://127.0.0.1', 'https://[::1]', 'https://2130706433', 'https://169.254.169.254', 'http://8.8.8.8'])(
    'in the URL gets nothing: %s',
    async (url) => {
      const receiver = await Receiver.open()
      const answer = await send(`${url}:${receiver.port}/hook`, { rules: addressRules(false) })

      expect(answer).toEqual({ status: null, error: 'address_refused' })
      expect(receiver.connections).toBe(0)
    },
  )

  it.each([[['127.0.0.1']], [['10.0.0.1']], [['::ffff:127.0.0.1']], [['93.184.215.14', '192.168.0.1']]])(
    'behind a name gets nothing: %j',
    async (addresses) => {
      const receiver = await Receiver.open()
      const { resolve, asked } = resolving(addresses)
      const url = `https://receiver.example:${receiver.port}/`

      expect(await send(url, { rules: addressRules(false), resolve })).toEqual({
        status: null,
        error: 'address_refused',
      })
      expect([asked, receiver.connections]).toEqual([['receiver.example'], 0])
    },
  )

  it('gets nothing when the name led to a public address first, and leads to it later', async () => {
    const receiver = await Receiver.open()
    receiver.answer = (response) => response.writeHead(204, { connection: 'close' }).end()
    const { resolve } = resolving([PUBLIC], [PRIVATE], [PUBLIC, PRIVATE])
    const sending = sender({ rules: ONLY_PUBLIC, resolve })
    const target = { url: `http://receiver.example:${receiver.port}/`, secret: SECRET }

    expect(await sending.send(target, EVENT)).toEqual({ status: 204, error: null })
    expect(await sending.send(target, EVENT)).toEqual({ status: null, error: 'address_refused' })
    expect(await sending.send(target, EVENT)).toEqual({ status: null, error: 'address_refused' })
    expect(receiver.connections).toBe(1)
  })

  it('cannot slip in between the check and the connection: a name is resolved once for both', async () => {
    const receiver = await Receiver.open()
    const { resolve, asked } = resolving([PUBLIC], [PRIVATE])
    const url = `http://receiver.example:${receiver.port}/`

    expect(await send(url, { rules: ONLY_PUBLIC, resolve })).toEqual({ status: 204, error: null })
    expect(asked).toHaveLength(1)
  })
})
