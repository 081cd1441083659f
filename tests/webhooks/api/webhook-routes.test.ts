import { describe, expect, it } from 'vitest'
import { DisableWebhook } from '../../../src/webhooks/application/disable-webhook.ts'
import type { Delivery } from '../../../src/webhooks/domain/delivery.ts'
import { MAX_WEBHOOKS } from '../../../src/webhooks/domain/webhook.ts'
import { bearer } from '../../support/access.ts'
import { userId } from '../../support/builders.ts'
import { expectProblem, type Service, serve, serveAll } from '../../support/http.ts'

const URL_OF_RECEIVER = 'https://receiver.example/hook?token=hidden'
const OPERATOR = await bearer('operator')
const AUDITOR = await bearer('auditor')

function subscribe({ call }: Service, body: object = { url: URL_OF_RECEIVER }) {
  return call('POST /webhooks', body, OPERATOR)
}

function delivery(n: number, given: Partial<Delivery> = {}): Delivery {
  return {
    eventId: `0190f5fe-7c00-7a00-8000-0000000000e${n}`,
    type: 'lottery.closed.v1',
    aggregate: 'lottery/2026-03-10',
    auditIndex: n,
    state: 'delivered',
    attempts: 1,
    lastStatus: 204,
    lastError: null,
    retryAt: null,
    deliveredAt: Date.parse('2026-03-10T12:00:00Z'),
    ...given,
  }
}

describe('POST /webhooks', () => {
  it('makes a webhook, and shows its secret this once', async () => {
    const service = await serve()

    const made = await subscribe(service, { url: URL_OF_RECEIVER, event_types: ['lottery.closed.v1'] })

    const { secret, ...shown } = made.body
    expect([made.status, made.headers.location]).toEqual([201, `/webhooks/${made.body.id}`])
    expect(made.headers['cache-control']).toBe('private, no-store')
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(shown).toEqual({
      id: expect.any(String),
      url: 'https://receiver.example/hook',
      event_types: ['lottery.closed.v1'],
      created_at: '2026-03-10T12:00:00.000Z',
      disabled_at: null,
    })
    for (const path of ['/webhooks', `/v1/webhooks/${made.body.id}`])
      for (const headers of [OPERATOR, AUDITOR]) {
        const { status, text } = await service.call(`GET ${path}`, undefined, headers)
        expect(status).toBe(200)
        expect(text).toContain(JSON.stringify(shown))
        expect(text).not.toMatch(/whsec_|secret|hidden/)
      }
  })

  it('makes another secret for each webhook', async () => {
    const service = await serve()
    const secrets = [await subscribe(service), await subscribe(service)].map(({ body }) => body['secret'])

    expect(new Set(secrets).size).toBe(2)
  })

  it('refuses one more than the limit', async () => {
    const service = await serve()
    for (let n = 0; n < MAX_WEBHOOKS; n += 1) await subscribe(service)

    expectProblem(await subscribe(service), 409, 'too_many_webhooks')
  })
})

describe('POST /webhooks refuses', () => {
  let service: Service
  serveAll(async (started) => {
    service = started
  })

  it.each([
    ['http://receiver.example/?token=hidden', 'it must begin with https://'],
    ['https://user:hidden@receiver.example/', 'it holds a user name or a password'],
    ['https://10.0.0.1/hidden', 'its address is not public'],
    ['https://[::1]/hidden', 'its address is not public'],
  ])('%s in a sentence that does not repeat it', async (url, reason) => {
    const { detail, ...problem } = expectProblem(await subscribe(service, { url }), 422, 'webhook_url_refused')

    expect(detail).toContain(reason)
    expect(JSON.stringify({ detail, problem })).not.toMatch(/hidden|receiver\.example|10\.0/)
    expect(await service.parts.stores.webhooks.subscriptions.list()).toEqual([])
  })

  it.each([
    { url: 'ftp://receiver.example/' },
    { url: 'hidden' },
    { url: `https://receiver.example/${'x'.repeat(2_000)}` },
    {},
    { url: URL_OF_RECEIVER, event_types: [] },
    { url: URL_OF_RECEIVER, event_types: ['lottery.vanished.v1'] },
    { url: URL_OF_RECEIVER, secret: 'whsec_mine' },
  ])('%j', async (body) => {
    const { text, ...answer } = await subscribe(service, body)

    expectProblem({ text, ...answer }, 400, 'invalid_request')
    expect(text).not.toMatch(/hidden|mine/)
  })
})

describe('a webhook', () => {
  it('can be deleted once, by its id in any letter case', async () => {
    const service = await serve()
    const { body } = await subscribe(service)
    const remove = () => service.call(`DELETE /webhooks/${String(body.id).toUpperCase()}`, undefined, OPERATOR)

    expect((await remove()).status).toBe(204)
    expectProblem(await remove(), 404, 'webhook_not_found')
    expectProblem(await service.call(`GET /webhooks/${body.id}`, undefined, OPERATOR), 404, 'webhook_not_found')
  })

  it('lists its deliveries in pages, newest event first', async () => {
    const service = await serve()
    const { id } = (await subscribe(service)).body
    const retryAt = Date.parse('2026-03-10T12:01:00Z')
    const failed = delivery(3, { state: 'pending', lastStatus: null, lastError: 'timeout', retryAt, deliveredAt: null })
    service.parts.stores.webhooks.deliveries.rows.set(String(id), [delivery(1), delivery(2), failed])
    const page = (query: string) => service.call(`GET /webhooks/${id}/deliveries?${query}`, undefined, AUDITOR)

    const first = await page('limit=2')
    const second = await page(`limit=2&cursor=${first.body.next_cursor}`)

    expect(first.body.items?.[0]).toEqual({
      event_id: failed.eventId,
      type: 'lottery.closed.v1',
      aggregate: 'lottery/2026-03-10',
      state: 'pending',
      attempts: 1,
      last_status: null,
      last_error: 'timeout',
      next_attempt_at: '2026-03-10T12:01:00.000Z',
      delivered_at: null,
    })
    expect([first, second].flatMap(({ body }) => body.items?.map((item) => item['event_id']))).toEqual(
      [3, 2, 1].map((n) => delivery(n).eventId),
    )
    expect(second.body.next_cursor).toBeNull()
  })

  it('sends an event again on demand, unless it is disabled', async () => {
    const service = await serve()
    const id = String((await subscribe(service)).body.id)
    const parked = delivery(1, { state: 'parked', attempts: 15, deliveredAt: null, lastStatus: 500 })
    service.parts.stores.webhooks.deliveries.rows.set(id, [parked])
    const redeliver = (event: string, webhook = id) =>
      service.call(`POST /webhooks/${webhook}/deliveries/${event}/redeliver`, undefined, OPERATOR)

    const again = await redeliver(parked.eventId.toUpperCase())
    expect([again.status, again.body]).toMatchObject([202, { state: 'pending', attempts: 0, last_status: 500 }])
    expectProblem(await redeliver(userId()), 404, 'delivery_not_found')
    expectProblem(await redeliver(parked.eventId, userId()), 404, 'webhook_not_found')
    await new DisableWebhook(service.parts.stores.webhooks.unitOfWork).execute(id, userId())
    expectProblem(await redeliver(parked.eventId), 409, 'webhook_disabled')
  })
})
