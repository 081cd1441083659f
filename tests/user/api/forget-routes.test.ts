import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { bearer } from '../../support/access.ts'
import { TODAY, userId } from '../../support/builders.ts'
import { expectProblem, type Service, serve } from '../../support/http.ts'

const OPERATOR = await bearer('operator')
const ADA = await bearer('participant', 'ada')
const PERSON = { email: 'ada@example.org', name: 'Ada Lovelace' }

const registerAda = async ({ call }: Service) => String((await call('POST /users', PERSON, ADA)).body.id)
const forget = ({ call }: Service, id: string) => call(`DELETE /users/${id}`, undefined, OPERATOR)

describe('a forgotten user', () => {
  it('is unknown to every route, and cannot be forgotten again', async () => {
    const service = await serve()
    const id = await registerAda(service)

    expect(await forget(service, id)).toMatchObject({ status: 204, text: '' })

    for (const line of ['GET /users/:id', 'POST /users/:id/ban', 'POST /users/:id/unban', 'GET /users/:id/ballots'])
      expectProblem(await service.call(line.replace(':id', id), undefined, OPERATOR), 404, 'user_not_found')
    expectProblem(await service.call('POST /lotteries/submit', { user_id: id, date: TODAY }), 404, 'user_not_found')
    expectProblem(await service.call('GET /users/me', undefined, ADA), 404, 'user_not_found')
    const found = await service.call(`GET /users?email=${PERSON.email}`, undefined, OPERATOR)
    expect(found.body.items).toEqual([])
    expectProblem(await forget(service, id), 404, 'user_not_found')
  })

  it('leaves its address and its subject to a new user, at once', async () => {
    const service = await serve()
    const id = await registerAda(service)
    await service.call('GET /users/me', undefined, ADA)
    await forget(service, id)

    const made = await service.call('POST /users', { ...PERSON, email: 'ADA@example.org' }, ADA)

    expect([made.status, made.body.id === id]).toEqual([201, false])
    expect((await service.call('GET /users/me', undefined, ADA)).body).toEqual(made.body)
    expect((await service.call('POST /lotteries/submit', { date: TODAY }, ADA)).body.user_id).toBe(made.body.id)
  })

  it('is told of no ballot by a repeated submit', async () => {
    const service = await serve()
    const id = await registerAda(service)
    const submit = () =>
      service.call('POST /lotteries/submit', { user_id: id, date: TODAY }, { 'idempotency-key': 'a-key' })
    await submit()
    expect((await submit()).headers['idempotency-replayed']).toBe('true')
    await forget(service, id)

    expectProblem(await submit(), 404, 'user_not_found')
    expect(service.parts.stores.lotteries.ballots.rows.size).toBe(1)
  })

  it('is in no event of the forgetting, and no personal field is in any event', async () => {
    const service = await serve()
    const id = await registerAda(service)
    const { headers } = await forget(service, id)

    expect(service.parts.outbox.at(-1)).toMatchObject({
      aggregate: expect.stringMatching(/^forgetting\/[0-9a-f-]{36}$/),
      seq: 1,
      type: 'user.forgotten.v1',
      data: {},
      cause: { actor: expect.stringMatching(/^operator:[0-9a-f]{32}$/), requestId: headers['x-request-id'] },
    })
    expect(JSON.stringify(service.parts.outbox.at(-1))).not.toContain(id)
    expect(JSON.stringify(service.parts.outbox)).not.toMatch(/ada@|Lovelace/)
  })

  it('is in no line of the log of the forgetting', async () => {
    const lines: string[] = []
    const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
    const service = await serve({ logger })
    const id = await registerAda(service)

    await forget(service, id)
    await forget(service, userId(7)) // is logged, because it is refused

    expect(lines.join('')).toContain(userId(7))
    expect(lines.join('')).not.toContain(id)
  })
})

it('an unknown user is 404, and only an operator forgets', async () => {
  const service = await serve()
  const id = await registerAda(service)

  expectProblem(await forget(service, userId()), 404, 'user_not_found')
  for (const headers of [ADA, await bearer('agent'), await bearer('auditor')])
    expectProblem(await service.call(`DELETE /users/${id}`, undefined, headers), 403, 'forbidden')
  expectProblem(await service.call(`DELETE /users/${id}`), 401, 'unauthenticated')
  expect((await service.call('GET /users/me', undefined, ADA)).status).toBe(200)
})
