import { describe, expect, it } from 'vitest'
import type { DomainEvent } from '../../../src/shared/domain/domain-events.ts'
import { DisableWebhook } from '../../../src/webhooks/application/disable-webhook.ts'
import { bearer } from '../../support/access.ts'
import { userId } from '../../support/builders.ts'
import { expectProblem, type Service, serve } from '../../support/http.ts'

const OPERATOR = await bearer('operator')

function subscribe({ call }: Service) {
  return call('POST /webhooks', { url: 'https://receiver.example/hook?token=hidden' }, OPERATOR)
}

describe('the events of a webhook', () => {
  const OF_RECEIVER = { url_origin: 'https://receiver.example', event_types: null }

  it('say who made and deleted it, and hold neither the path, the query nor the secret', async () => {
    const service = await serve()
    const made = await subscribe(service)
    await service.call(`DELETE /webhooks/${made.body.id}`, undefined, OPERATOR)

    const { outbox } = service.parts
    const common = { aggregate: `webhook/${made.body.id}`, data: { webhook_id: made.body.id, ...OF_RECEIVER } }
    expect(outbox).toMatchObject([
      { ...common, seq: 1, type: 'webhook.created.v1', cause: { requestId: made.headers['x-request-id'] } },
      { ...common, seq: 2, type: 'webhook.deleted.v1' },
    ])
    for (const { cause } of outbox) expect(cause.actor).toMatch(/^operator:/)
    expect(JSON.stringify(outbox)).not.toMatch(/hook"|hidden|whsec_/)
  })

  it('are not recorded when nothing is stored, nor for a webhook that is not there', async () => {
    const service = await serve()
    service.parts.database.failNextCommit('not stored')

    expectProblem(await subscribe(service), 503, 'outcome_unknown')
    for (const line of [`DELETE /webhooks/${userId()}`, `POST /webhooks/${userId()}/enable`])
      expectProblem(await service.call(line, undefined, OPERATOR), 404, 'webhook_not_found')
    expect(service.parts.outbox).toEqual([])
  })

  it('are one for each change, though the receiver answers 410 several times and is enabled twice', async () => {
    const service = await serve()
    const id = String((await subscribe(service)).body.id)
    const disableWebhook = new DisableWebhook(service.parts.stores.webhooks.unitOfWork)
    const typesOf = (events: readonly DomainEvent[]) =>
      events.map(({ type, cause }) => [type, cause.actor.split(':')[0]])

    await Promise.all([1, 2, 3].map((n) => disableWebhook.execute(id, userId(n))))
    const shown = await service.call(`GET /webhooks/${id}`, undefined, OPERATOR)
    const enable = () => service.call(`POST /v1/webhooks/${id.toUpperCase()}/enable`, undefined, OPERATOR)
    const [first, second] = [await enable(), await enable()]

    expect(shown.body['disabled_at']).toBe('2026-03-10T12:00:00.000Z')
    expect(first).toMatchObject({ status: 200, body: { ...shown.body, disabled_at: null } })
    expect(first.headers['cache-control']).toBe('private, no-store')
    expect([second.status, second.body]).toEqual([200, first.body])
    expect(typesOf(service.parts.outbox)).toEqual([
      ['webhook.created.v1', 'operator'],
      ['webhook.disabled.v1', 'service'],
      ['webhook.enabled.v1', 'operator'],
    ])
  })
})
