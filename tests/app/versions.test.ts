import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { buildApp, routeSetsOf } from '../../src/app.ts'
import { answer } from '../../src/shared/api/answer.ts'
import { refusals } from '../../src/shared/api/refusals.ts'
import { aSubmit, CAUSE, TODAY, TOMORROW } from '../support/builders.ts'
import { expectProblem, type Service, serve } from '../support/http.ts'
import { memoryParts } from '../support/memory-app.ts'

/** Serves a closed lottery of today, won by a user. */
async function serveClosedLottery(): Promise<Service & { readonly user: string; readonly ballot: string }> {
  const service = await serve()
  const { parts } = service
  const user = await parts.register()
  const [outcome] = await parts.lottery.submitBallots.execute([aSubmit({ userId: user })])
  if (outcome?.kind !== 'accepted') throw new Error('the ballot was refused')
  parts.clock.advance({ days: 1 })
  await parts.lottery.closeLottery.execute(TODAY, CAUSE)
  await parts.auditLog.sequenceEvents.execute()
  return { ...service, user, ballot: outcome.ballot.id }
}

describe('paths below /v1', () => {
  it('give the same responses as the paths without the prefix', async () => {
    const { call, user, ballot } = await serveClosedLottery()
    const paths = [
      `/users/${user}`,
      `/users/${user}/ballots`,
      '/lotteries?limit=1',
      `/lotteries/${TODAY}`,
      `/lotteries/winner?date=${TODAY}`,
      `/lotteries/${TODAY}/ballots`,
      `/lotteries/${TODAY}/ballots/${ballot}`,
      `/lotteries/${TODAY}/ballots/${ballot}/proof?size=1`,
      `/lotteries/${TODAY}/ledger`,
      `/lotteries/${TODAY}/consistency?from=1&to=1`,
      `/lotteries/${TODAY}/evidence`,
      '/keys',
      '/audit?type=lottery.closed.v1',
      '/audit/0/proof',
      '/audit/consistency?from=1&to=2',
      '/events/schemas/lottery.closed.v1.json',
    ]

    for (const path of paths) {
      const plain = await call(`GET ${path}`)
      const versioned = await call(`GET /v1${path}`)

      expect([plain.status, versioned.status], path).toEqual([200, 200])
      expect(versioned.text, path).toBe(plain.text)
      expect(versioned.headers.etag, path).toBe(plain.headers.etag)
    }
  })

  it('give Location headers below the prefix that the caller used', async () => {
    const { call, parts } = await serve()
    const user_id = await parts.register()

    for (const [prefix, date, email] of [
      ['', TODAY, 'ada@example.org'],
      ['/v1', TOMORROW, 'grace@example.org'],
    ] as const) {
      const registered = await call(`POST ${prefix}/users`, { email })
      const created = await call(`POST ${prefix}/lotteries/create`, { date })
      const submitted = await call(`POST ${prefix}/lotteries/submit`, { user_id, date })

      expect([registered, created, submitted].map(({ headers }) => headers.location)).toEqual([
        `${prefix}/users/${registered.body.id}`,
        `${prefix}/lotteries/${date}`,
        `${prefix}/lotteries/${date}/ballots/${submitted.body.id}`,
      ])
      for (const { headers } of [registered, created, submitted])
        expect((await call(`GET ${headers.location}`)).status).toBe(200)
    }
  })

  it('are refused with 404 and 405 like all others', async () => {
    const { call } = await serve()

    expect(expectProblem(await call('GET /v1/nope'), 404, 'route_not_found').detail).toContain('/v1/nope')
    expectProblem(await call('GET /v1'), 404, 'route_not_found')
    expectProblem(await call(`GET /v1/lotteries/${TODAY}`), 404, 'lottery_not_found')
    const refused = await call('DELETE /v1/lotteries')
    expectProblem(refused, 405, 'method_not_allowed')
    expect(String(refused.headers.allow).split(', ').sort()).toEqual(['GET', 'HEAD'])
    expectProblem(await call('GET /v1/keys?color=red'), 400, 'invalid_request')
  })

  it.each(['/health/live', '/health/ready', '/metrics', '/docs', '/docs/json', '/openapi.json', '/asyncapi.json'])(
    'do not include %s',
    async (path) => {
      const { call } = await serve()

      expectProblem(await call(`GET /v1${path}`), 404, 'route_not_found')
      expect((await call(`GET ${path}`)).status).toBeLessThan(400)
    },
  )

  it.each([
    ['', '/v1'],
    ['/v1', ''],
  ])('share the kept copies of immutable responses: first "%s", then "%s"', async (first, second) => {
    const { call, parts } = await serveClosedLottery()
    for (const path of [`/lotteries/${TODAY}`, `/lotteries/winner?date=${TODAY}`]) {
      const before = await call(`GET ${first}${path}`)
      const etag = String(before.headers.etag)

      parts.database.unavailable = true
      const after = await call(`GET ${second}${path}`)
      const known = await call(`GET ${second}${path}`, undefined, { 'if-none-match': etag })
      parts.database.unavailable = false

      expect([after.status, after.text, after.headers.etag]).toEqual([200, before.text, etag])
      expect([known.status, known.text]).toEqual([304, ''])
    }
  })
})

describe('a second version beside the first', () => {
  const version2: FastifyPluginAsyncZod = async (app) => {
    app.get(
      '/lotteries/:date',
      {
        config: { access: 'read' },
        schema: {
          tags: ['lotteries'],
          operationId: 'getLotteryV2',
          summary: 'Look up a lottery',
          description: 'The response of version 2.',
          params: z.object({ date: z.string() }),
          response: { 200: answer(z.object({ day: z.string() }), { description: 'The lottery' }), ...refusals() },
        },
      },
      async ({ params }) => ({ day: params.date }),
    )
  }

  it('is served and documented together with it', async () => {
    const parts = memoryParts()
    const app = await buildApp(parts, { maxEventLoopDelayMs: 0 }, { ...routeSetsOf(parts), '/v2': version2 })
    onTestFinished(() => app.close())
    const user = await parts.register()
    await parts.lottery.submitBallots.execute([aSubmit({ userId: user })])

    const get = (url: string) => app.inject({ method: 'GET', url })
    expect((await get(`/v2/lotteries/${TODAY}`)).json()).toEqual({ day: TODAY })
    for (const prefix of ['', '/v1'])
      expect((await get(`${prefix}/lotteries/${TODAY}`)).json()).toMatchObject({ date: TODAY, status: 'open' })
    expect((await get('/v2/keys')).statusCode).toBe(404)
    expect((await app.inject({ method: 'DELETE', url: `/v2/lotteries/${TODAY}` })).statusCode).toBe(405)

    const paths = Object.keys(app.swagger().paths ?? {})
    expect(paths).toContain('/v2/lotteries/{date}')
    expect(paths).toContain('/lotteries/{date}')
    expect(paths.filter((path) => path.startsWith('/v1'))).toEqual([])
  })
})
