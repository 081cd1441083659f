import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type AppParts, buildApp, type RouteSets, routeSetsOf } from '../../../src/app.ts'
import { ROLES, type Role } from '../../../src/shared/domain/caller.ts'
import type { UserId } from '../../../src/shared/domain/user-id.ts'
import { bearer, INTERNAL_TOKEN } from '../../support/access.ts'
import { date, TODAY, TOMORROW, userId } from '../../support/builders.ts'
import { type Answer, expectProblem, serve } from '../../support/http.ts'
import { memoryParts } from '../../support/memory-app.ts'

const ALL_CALLERS = 'yes yes yes yes yes yes yes'
const OPERATOR = 'no no no no yes no no'
const OPERATOR_AND_AUDITOR = 'no no no no yes yes no'
const TOKEN_HOLDERS = 'no no yes yes yes yes no'

/**
 * Who may use each route. Columns: no token while participants are `open`; no token while they are `authenticated`; tokens
 * of a participant, an agent, an operator and an auditor; and X-Internal-Token. `own`: only for the caller's own user.
 */
const TABLE: Readonly<Record<string, string>> = {
  'DELETE /users/{id}': OPERATOR,
  'DELETE /webhooks/{id}': OPERATOR,
  'GET /.well-known/jwks.json': ALL_CALLERS,
  'GET /archive': ALL_CALLERS,
  'GET /archive/{month}': ALL_CALLERS,
  'GET /audit': ALL_CALLERS,
  'GET /audit/checkpoint': ALL_CALLERS,
  'GET /audit/consistency': ALL_CALLERS,
  'GET /audit/log': ALL_CALLERS,
  'GET /audit/{index}/proof': ALL_CALLERS,
  'GET /events/schemas/{file}': ALL_CALLERS,
  'GET /health/live': ALL_CALLERS,
  'GET /health/ready': ALL_CALLERS,
  'GET /keys': ALL_CALLERS,
  'GET /lotteries': ALL_CALLERS,
  'GET /lotteries/winner': ALL_CALLERS,
  'GET /lotteries/{date}': ALL_CALLERS,
  'GET /lotteries/{date}/ballots': ALL_CALLERS,
  'GET /lotteries/{date}/ballots/{id}': ALL_CALLERS,
  'GET /lotteries/{date}/ballots/{id}/proof': ALL_CALLERS,
  'GET /lotteries/{date}/ballots/{id}/receipt': 'no no own no yes no no',
  'GET /lotteries/{date}/checkpoint': ALL_CALLERS,
  'GET /lotteries/{date}/consistency': ALL_CALLERS,
  'GET /lotteries/{date}/evidence': ALL_CALLERS,
  'GET /lotteries/{date}/ledger': ALL_CALLERS,
  'GET /metrics': ALL_CALLERS,
  'GET /users': OPERATOR,
  'GET /users/me': TOKEN_HOLDERS,
  'GET /users/me/ballots': TOKEN_HOLDERS,
  'GET /users/{id}': ALL_CALLERS,
  'GET /users/{id}/ballots': 'yes no own no yes yes no',
  'GET /webhooks': OPERATOR_AND_AUDITOR,
  'GET /webhooks/{id}': OPERATOR_AND_AUDITOR,
  'GET /webhooks/{id}/deliveries': OPERATOR_AND_AUDITOR,
  'POST /lotteries/close': 'no no no no yes no yes',
  'POST /lotteries/create': 'yes no no no yes no no',
  'POST /lotteries/submit': 'yes no own yes yes no no',
  'POST /lotteries/submit/batch': 'no no no yes yes no no',
  'POST /users': 'yes no yes yes yes no no',
  'POST /users/{id}/ban': OPERATOR,
  'POST /users/{id}/unban': OPERATOR,
  'POST /webhooks': OPERATOR,
  'POST /webhooks/{id}/deliveries/{event_id}/redeliver': OPERATOR,
  'POST /webhooks/{id}/enable': OPERATOR,
}

const CALLERS = ['open', 'authenticated', ...ROLES, 'internal'] as const
type CallerName = (typeof CALLERS)[number]

const BODIES: Readonly<Record<string, (user: UserId) => object>> = {
  'POST /users': (user) => ({ email: `${user}@example.org` }),
  'POST /lotteries/submit': (user) => ({ user_id: user, date: TODAY }),
  'POST /lotteries/submit/batch': (user) => ({ ballots: [{ user_id: user, date: TODAY }] }),
  'POST /lotteries/create': () => ({ date: TOMORROW }),
  'POST /webhooks': () => ({ url: 'https://receiver.example/' }),
}

const QUERIES: Readonly<Record<string, string>> = {
  'GET /users': '?email=ada@example.org',
  'GET /lotteries/winner': `?date=${TODAY}`,
  'POST /lotteries/close': `?date=${TODAY}`,
  'GET /lotteries/{date}/consistency': '?from=1&to=1',
  'GET /audit/consistency': '?from=1&to=1',
}

function headersOf(caller: CallerName): Promise<Record<string, string>> | Record<string, string> {
  if (caller === 'open' || caller === 'authenticated') return {}
  return caller === 'internal' ? { 'x-internal-token': INTERNAL_TOKEN } : bearer(caller)
}

/** Builds the app, and collects its documented routes and those of all versions, such as `HEAD /v1/users/{id}`. */
async function collected(parts: AppParts): Promise<{ app: FastifyInstance; routes: readonly string[] }> {
  const routes = new Set<string>()
  const sets: RouteSets = Object.fromEntries(
    Object.entries(routeSetsOf(parts)).map(([prefix, plugin]) => [
      prefix,
      async (app: FastifyInstance) => {
        app.addHook('onRoute', ({ method, url }) => {
          for (const name of [method].flat()) routes.add(`${name} ${url.replace(/:(\w+)/g, '{$1}')}`)
        })
        await app.register(plugin)
      },
    ]),
  )
  const app = await buildApp(parts, { maxEventLoopDelayMs: 0 }, sets)
  onTestFinished(() => app.close())
  await app.ready()
  for (const [path, operations] of Object.entries(app.swagger().paths ?? {}))
    for (const method of Object.keys(operations as object)) routes.add(`${method.toUpperCase()} ${path}`)
  return { app, routes: [...routes] }
}

/** Row of the table for a route of any version. */
function rowOf(route: string): string {
  return route.replace('HEAD ', 'GET ').replace(' /v1/', ' /')
}

describe('every route', () => {
  it('is in the table', async () => {
    const { routes } = await collected(memoryParts())

    expect([...new Set(routes.map(rowOf))].sort()).toEqual(Object.keys(TABLE).sort())
    expect(routes.filter((route) => route.includes(' /v1/')).length).toBeGreaterThan(40)
  })

  it.each([
    ['open', 'open'],
    ['authenticated', 'authenticated'],
    ['participant', 'open'],
    ...ROLES.map((role) => [role, 'authenticated'] as const),
    ['internal', 'authenticated'],
  ] as const)('admits the caller `%s` as the table says, while participants are %s', async (caller, participants) => {
    const parts = memoryParts({ access: { participants } })
    const { app, routes } = await collected(parts)
    const other = await parts.register()
    const headers = await headersOf(caller)
    const mine = caller === 'participant' ? await ownUser(app, headers) : await parts.register()
    const ballots = new Map<string, string>()
    for (const user_id of [mine, other]) {
      const payload = { user_id, date: TODAY }
      const submit = { method: 'POST', url: '/lotteries/submit', headers: await bearer('agent'), payload } as const
      ballots.set(user_id, (await app.inject(submit)).json<{ id: string }>().id)
    }
    await parts.auditLog.sequenceEvents.execute()

    for (const route of routes) {
      const row = rowOf(route)
      const namesUser = row.includes('/users/{id}') || row.endsWith('/receipt') || row in BODIES
      for (const user of namesUser ? [mine, other] : [mine]) {
        const [method, path = ''] = route.split(' ')
        const url = path
          .replace('{date}', TODAY)
          .replace('ballots/{id}', `ballots/${ballots.get(user)}`)
          .replace('{id}', user)
          .replace('{event_id}', user)
          .replace('{index}', '0')
          .replace('{month}', '2026-11')
          .replace('{file}', 'user.banned.v1.json')
        const body = BODIES[row]?.(user)
        const answer = await app.inject({
          method: method as 'GET',
          url: url + (QUERIES[row] ?? ''),
          headers,
          ...(body && { payload: body }),
        })

        const rule = TABLE[row]?.split(' ')[CALLERS.indexOf(caller)] ?? 'not in the table'
        const place = `${route} of ${user === mine ? 'oneself' : 'somebody else'}`
        const expected = expectedOf(rule, { hasToken: 'authorization' in headers, isOwn: user === mine })
        const [status] = expected.split(' ')
        expect([place, admissionOf(answer)]).toEqual([place, method === 'HEAD' ? status : expected])
        expect([place, answer.statusCode < 500]).toEqual([place, true])
      }
    }
  })

  it.each([{}, { schema: {} }, { config: {} }])(
    'that declares no access keeps the service from starting: %j',
    async (options) => {
      const undeclared: RouteSets = {
        '': async (app) => {
          app.get('/declared', { config: { access: 'read' } }, async () => 'x')
          app.post('/forgotten', options, async () => 'x')
        },
      }
      const app = await buildApp(memoryParts(), {}, undeclared)
      onTestFinished(() => app.close())

      await expect(async () => app.ready()).rejects.toThrow('These routes declare no access: POST /forgotten')
    },
  )
})

async function ownUser(app: FastifyInstance, headers: Record<string, string>): Promise<UserId> {
  const answer = await app.inject({ method: 'POST', url: '/users', headers, payload: { email: 'me@example.org' } })
  return answer.json<{ id: UserId }>().id
}

/** `admitted`, or the status and the code of the refusal. A refused HEAD has no code. */
function admissionOf({ statusCode, payload }: LightMyRequestResponse): string {
  if (statusCode !== 401 && statusCode !== 403) return 'admitted'
  if (payload === '') return String(statusCode)
  const { code } = JSON.parse(payload) as { code: string }
  return code === 'user_banned' ? 'admitted' : `${statusCode} ${code}`
}

function expectedOf(rule: string, { hasToken, isOwn }: { hasToken: boolean; isOwn: boolean }): string {
  if (rule === 'yes' || (rule === 'own' && isOwn)) return 'admitted'
  if (rule === 'own') return '403 not_your_user'
  if (rule === 'no') return hasToken ? '403 forbidden' : '401 unauthenticated'
  return rule
}

describe('a refusal', () => {
  it('without a token is a challenge without an error, and with one it names the roles', async () => {
    const { call } = await serve({}, { access: { participants: 'authenticated' } })

    const challenge = await call('POST /lotteries/create', { date: TODAY })
    const refusal = await call('POST /lotteries/create', { date: TODAY }, await bearer('auditor'))
    const submit = await call('POST /lotteries/submit', {}, await bearer('auditor'))

    expectProblem(challenge, 401, 'unauthenticated')
    expect(challenge.headers['www-authenticate']).toBe('Bearer realm="lottery-service"')
    expect(expectProblem(refusal, 403, 'forbidden').detail).toBe('This request needs a token with the role operator.')
    expect(expectProblem(submit, 403, 'forbidden').detail).toBe(
      'This request needs a token with one of the roles participant, agent, operator.',
    )
    expect(refusal.headers['www-authenticate']).toBeUndefined()
  })

  it('comes before the body is looked at', async () => {
    const { call } = await serve({}, { access: { participants: 'authenticated' } })

    for (const body of ['{"broken', 'x'.repeat(20_000), JSON.stringify({ unknown: 1 })])
      expectProblem(await call('POST /lotteries/submit', body), 401, 'unauthenticated')
  })

  it('of a token comes also where no token is needed, except for operators’ routes', async () => {
    const { call } = await serve()
    const headers = { authorization: 'Bearer x' }

    expectProblem(await call('GET /lotteries', undefined, headers), 401, 'token_invalid')
    for (const path of ['/health/live', '/metrics', '/openapi.json'])
      expect((await call(`GET ${path}`, undefined, headers)).status).toBe(200)
  })
})

/** A service where Ada is a participant with one ballot, and calls for every caller. */
async function withAda() {
  const service = await serve()
  const ada = await bearer('participant', 'ada')
  const me = await service.call('POST /users', { email: 'ada@example.org', name: 'Ada' }, ada)
  const receipt = await service.call('POST /lotteries/submit', { date: TODAY }, ada)
  await service.call('POST /users', { email: 'bob@example.org' }, await bearer('participant', 'bob'))
  const id = String(me.body.id)
  return { ...service, id, ballot: `/lotteries/${TODAY}/ballots/${receipt.body.id}` }
}

const SEES = [
  ['anonymous', false],
  ['participant bob', false],
  ['participant ada', true],
  ['participant nobody', false],
  ['agent', false],
  ['operator', true],
  ['auditor', true],
] as const

async function headersFor(who: string): Promise<Record<string, string>> {
  const [role, subject] = who.split(' ')
  return role === 'anonymous' ? {} : bearer(role as Role, subject)
}

describe('private facts', () => {
  it.each(SEES)('of Ada are shown to %s: %s', async (who, sees) => {
    const { call, id, ballot } = await withAda()
    const headers = await headersFor(who)

    const user = await call(`GET /users/${id}`, undefined, headers)
    const one = await call(`GET ${ballot}`, undefined, headers)
    const list = await call(`GET /lotteries/${TODAY}/ballots`, undefined, headers)

    expect([user.status, one.status, list.status]).toEqual([200, 200, 200])
    expect(user.body).toEqual({ id, banned_at: null, ...(sees && { email: 'ada@example.org', name: 'Ada' }) })
    expect(one.body.user_id).toBe(sees ? id : undefined)
    expect(list.body.items?.map(({ user_id }) => user_id)).toEqual([sees ? id : undefined])
    for (const { text, headers: sent } of [user, one, list]) {
      expect(sent.vary).toBe('authorization')
      if (sees) expect(sent['cache-control']).toBe('private, no-store')
      else expect(text + JSON.stringify(sent)).not.toMatch(/ada@|Ada|user_id/)
    }
  })

  it('are in no list of somebody else’s ballots, though one’s own stand between them', async () => {
    const { call, id } = await withAda()
    await call('POST /lotteries/submit', { date: TODAY }, await bearer('participant', 'bob'))

    const list = await call(`GET /lotteries/${TODAY}/ballots`, undefined, await bearer('participant', 'ada'))

    expect(list.body.items?.map(({ user_id }) => user_id)).toEqual([id, undefined])
  })

  it('are never served to anybody else after they were served once, nor hidden by a cached answer', async () => {
    const { call, id, ballot } = await withAda()
    const operator = await bearer('operator')

    for (const path of [`/users/${id}`, ballot, `/lotteries/${TODAY}/ballots`, `/v1/users/${id}`]) {
      const before = await call(`GET ${path}`)
      const seen = await call(`GET ${path}`, undefined, operator)
      const after = await call(`GET ${path}`)
      expect([path, after.text, after.headers['cache-control']]).toEqual([
        path,
        before.text,
        before.headers['cache-control'],
      ])
      expect(seen.text).not.toBe(before.text)
      expect([seen.headers['cache-control'], seen.headers.etag]).toEqual(['private, no-store', undefined])
    }

    const { etag } = (await call(`GET ${ballot}`)).headers
    const known = { 'if-none-match': String(etag) }
    expect((await call(`GET ${ballot}`, undefined, known)).status).toBe(304)
    const seen = await call(`GET ${ballot}`, undefined, { ...operator, ...known })
    expect([seen.status, seen.body.user_id]).toEqual([200, id])
  })

  it('have private answers on every route that shows only them', async () => {
    const { call, id } = await withAda()
    const [ada, operator] = [await bearer('participant', 'ada'), await bearer('operator')]

    for (const answer of [
      await call('GET /users/me', undefined, ada),
      await call('GET /users/me/ballots', undefined, ada),
      await call(`GET /users/${id}/ballots`, undefined, ada),
      await call('GET /users?email=ADA@example.org', undefined, operator),
    ]) {
      expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'private, no-store'])
      expect(answer.text).toContain(id)
    }
  })

  it('end with the draw for the user of the winning ballot, which everybody sees', async () => {
    const { call, id, parts } = await withAda()
    parts.clock.advance({ days: 1 })
    await call(`POST /lotteries/close?date=${TODAY}`, undefined, { 'x-internal-token': INTERNAL_TOKEN })

    const winner = await call(`GET /lotteries/winner?date=${TODAY}`)

    expect([winner.status, winner.body.user_id]).toEqual([200, id])
    expect(winner.text).not.toMatch(/ada@|Ada/)
  })
})

describe('a participant', () => {
  it('makes its own user once, and gets it unchanged after that', async () => {
    const { call, parts } = await serve()
    const ada = await bearer('participant', 'ada')

    const made = await call('POST /users', { email: 'ada@example.org', name: 'Ada' }, ada)
    const again = await call('POST /users', { email: 'eve@example.org', name: 'Eve' }, ada)

    expect([made.status, again.status]).toEqual([201, 200])
    expect([again.body, again.headers.location]).toEqual([made.body, undefined])
    expect((await call('GET /users/me', undefined, ada)).body).toEqual(made.body)
    expect(parts.stores.users.users.rows.size).toBe(1)
    expectProblem(
      await call('POST /users', { email: 'ada@example.org' }, await bearer('participant', 'bob')),
      409,
      'email_taken',
    )
  })

  it.each([
    ['one address', () => 'ada@example.org'],
    ['addresses of their own', (n: number) => `ada${n}@example.org`],
  ])('makes one user by 20 requests at once with %s', async (_, emailOf) => {
    const { call, parts } = await serve()
    const ada = await bearer('participant', 'ada')

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => call('POST /users', { email: emailOf(n) }, ada)),
    )

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(parts.stores.users.users.rows.size).toBe(1)
    expect(parts.outbox.map(({ type }) => type)).toEqual(['user.registered.v1'])
  })

  it('submits for itself, with or without naming its user, and lists its ballots', async () => {
    const { call, id } = await withAda()
    const ada = await bearer('participant', 'ada')

    const named = await call('POST /lotteries/submit', { user_id: id.toUpperCase(), date: TODAY }, ada)
    const mine = await call('GET /users/me/ballots', undefined, ada)
    const byId = await call(`GET /users/${id}/ballots`, undefined, ada)

    expect([named.status, named.body.user_id]).toEqual([201, id])
    expect(mine.body.items?.map(({ ordinal, user_id }) => [ordinal, user_id])).toEqual([
      [2, id],
      [1, id],
    ])
    expect(byId.body).toEqual(mine.body)
  })

  it('submits for nobody else, known or not', async () => {
    const { call, id, parts } = await withAda()
    const bob = await bearer('participant', 'bob')

    for (const user_id of [id, userId()])
      expectProblem(await call('POST /lotteries/submit', { user_id, date: TODAY }, bob), 403, 'not_your_user')
    expect(parts.stores.lotteries.ballots.rows.size).toBe(1)
  })

  it('without an own user finds none, and submits for nobody', async () => {
    const { call, id, parts } = await withAda()
    const stranger = await bearer('participant', 'stranger')

    for (const [line, body] of [
      ['GET /users/me'],
      ['GET /users/me/ballots'],
      [`GET /users/${id}/ballots`],
      ['POST /lotteries/submit', { date: TODAY }],
      ['POST /lotteries/submit', { user_id: id, date: TODAY }],
    ] as const)
      expectProblem(await call(line, body, stranger), 404, 'user_not_found')
    expect(parts.stores.lotteries.ballots.rows.size).toBe(1)
  })

  it('is refused while banned, though its token is valid, and cannot register its way out', async () => {
    const { call, id } = await withAda()
    const [ada, operator] = [await bearer('participant', 'ada'), await bearer('operator')]
    const submit = () => call('POST /lotteries/submit', { date: TODAY }, ada)

    expect((await call(`POST /users/${id}/ban`, undefined, operator)).status).toBe(204)
    expectProblem(await submit(), 403, 'user_banned')
    const again = await call('POST /users', { email: 'new@example.org' }, ada)
    expect([again.status, again.body]).toMatchObject([200, { id, banned_at: '2026-03-10T12:00:00.000Z' }])
    expectProblem(await submit(), 403, 'user_banned')
    expect((await call('GET /users/me', undefined, ada)).status).toBe(200)

    await call(`POST /users/${id}/unban`, undefined, operator)
    expect((await submit()).status).toBe(201)
  })
})

describe('an agent', () => {
  it('registers and submits for anybody, and has no own user', async () => {
    const { call, parts } = await serve({}, { access: { participants: 'authenticated' } })
    const agent = await bearer('agent')

    const users: Answer[] = []
    for (const name of ['ada', 'bob']) users.push(await call('POST /users', { email: `${name}@example.org` }, agent))
    for (const { status, body } of users) {
      expect(status).toBe(201)
      const receipt = await call('POST /lotteries/submit', { user_id: body.id, date: TODAY }, agent)
      expect([receipt.status, receipt.body.user_id]).toEqual([201, body.id])
    }

    expectProblem(await call('POST /lotteries/submit', { date: TODAY }, agent), 400, 'invalid_request')
    expectProblem(await call('GET /users/me', undefined, agent), 404, 'user_not_found')
    expect([...parts.stores.users.users.rows.values()].map(({ identity }) => identity)).toEqual([null, null])
  })
})

describe('X-Internal-Token', () => {
  const internal = { 'x-internal-token': INTERNAL_TOKEN }
  const close = `POST /lotteries/close?date=${TODAY}`

  it('closes, and together with Authorization it is refused, whatever either holds', async () => {
    const { call, parts } = await withAda()
    parts.clock.advance({ days: 1 })

    for (const authorization of [(await bearer('operator')).authorization, 'Bearer x', ''])
      for (const token of [INTERNAL_TOKEN, 'wrong']) {
        const answer = await call(close, undefined, { authorization, 'x-internal-token': token })
        expect(expectProblem(answer, 400, 'invalid_request').errors).toEqual([
          { in: 'header', field: 'X-Internal-Token', detail: 'Must not be sent together with Authorization' },
        ])
      }
    expectProblem(await call(close), 401, 'unauthenticated')
    for (const token of ['', 'wrong', `${INTERNAL_TOKEN}x`, `${INTERNAL_TOKEN}, ${INTERNAL_TOKEN}`])
      expectProblem(await call(close, undefined, { 'x-internal-token': token }), 403, 'forbidden')
    expect((await call(`GET /lotteries/${TODAY}`)).body).toMatchObject({ status: 'open' })

    expect((await call(close, undefined, internal)).status).toBe(200)
  })

  it('gives nothing on other routes, and does not disturb a token there', async () => {
    const { call, id } = await withAda()

    for (const line of [`POST /users/${id}/ban`, 'GET /users?email=ada@example.org', 'GET /users/me'])
      expectProblem(await call(line, undefined, internal), 401, 'unauthenticated')
    expect((await call(`GET /users/${id}`, undefined, internal)).body).toEqual({ id, banned_at: null })
    const headers = { ...internal, ...(await bearer('operator')) }
    expect((await call('GET /users?email=ada@example.org', undefined, headers)).status).toBe(200)
  })

  it('is refused where none is configured, an empty one too', async () => {
    const { call } = await serve({}, { access: { internalCloseToken: undefined } })

    for (const token of [INTERNAL_TOKEN, '', 'undefined'])
      expectProblem(await call(close, undefined, { 'x-internal-token': token }), 403, 'forbidden')
  })
})

describe('the actor of an event', () => {
  it('names an operator by a pseudonym, in the outbox and in the audit log, and never by its token', async () => {
    const { call, parts } = await serve()
    const headers = await bearer('operator', 'grace.hopper@example.org')
    const user = await call('POST /users', { email: 'ada@example.org' }, headers)
    await call('POST /lotteries/create', { date: TODAY }, headers)
    for (const verb of ['ban', 'unban']) await call(`POST /users/${user.body.id}/${verb}`, undefined, headers)
    parts.clock.advance({ days: 1 })
    await call(`POST /lotteries/close?date=${TODAY}`, undefined, headers)
    await parts.auditLog.sequenceEvents.execute()

    const { text, body } = await call('GET /audit')
    const events = (body.items ?? []).map(({ event }) => event as { readonly type: string; readonly actor: string })

    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['user.registered.v1', 'user.banned.v1', 'user.unbanned.v1', 'lottery.closed.v1']),
    )
    expect(new Set(events.map(({ actor }) => actor)).size).toBe(1)
    expect(events[0]?.actor).toMatch(/^operator:[0-9a-f]{32}$/)
    for (const published of [text, JSON.stringify(parts.outbox)])
      for (const secret of ['grace', 'hopper', 'urn:lottery-service', headers.authorization.split('.')[1] ?? ''])
        expect(published).not.toContain(secret)
  })

  it('tells callers apart, by role and by subject, and is the same in every event of one', async () => {
    const { call, parts } = await serve({}, { at: '2026-03-10T12:00:00Z' })
    const actorOf = async (headers: Record<string, string>, day: string) => {
      await call('POST /lotteries/create', { date: date(day) }, headers)
      return parts.outbox.at(-1)?.cause.actor
    }

    const grace = await actorOf(await bearer('operator', 'grace'), '2026-03-11')
    const graceAgain = await actorOf(await bearer('operator', 'grace'), '2026-03-12')
    const linus = await actorOf(await bearer('operator', 'linus'), '2026-03-13')
    const anonymous = await actorOf({}, '2026-03-14')
    await call('POST /users', { email: 'a@example.org' }, await bearer('participant', 'grace'))
    const asParticipant = parts.outbox.at(-1)?.cause.actor
    parts.clock.moveTo('2026-03-12T00:00:00Z')
    await call('POST /lotteries/close?date=2026-03-11', undefined, { 'x-internal-token': INTERNAL_TOKEN })

    expect(graceAgain).toBe(grace)
    expect(linus).not.toBe(grace)
    expect(linus).toMatch(/^operator:[0-9a-f]{32}$/)
    expect(anonymous).toBe('anonymous')
    expect(asParticipant).toBe(grace?.replace('operator', 'participant'))
    expect(parts.outbox.at(-1)?.cause.actor).toBe('internal-token')
  })
})
