import { describe, expect, it } from 'vitest'
import { commitmentTo, QUICKNET } from '../../../src/lottery/domain/entropy.ts'
import { bearer } from '../../support/access.ts'
import { aLotteryState, aSealRecord, SECRET, TODAY, TOMORROW, YESTERDAY } from '../../support/builders.ts'
import { expectProblem, serve, TOKEN } from '../../support/http.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const AUTHORIZED = { 'x-internal-token': TOKEN }
/** Of the close: a valid one, a wrong one, and none. */
const QUERIES = [`?date=${TODAY}`, '?date=infinity', '']

describe('creating a lottery', () => {
  it('answers with the open lottery, and Location leads to it', async () => {
    const { call } = await serve()

    const made = await call('POST /lotteries/create', { date: TODAY })
    const found = await call(`GET ${made.headers.location}`)

    expect(made).toMatchObject({ status: 201, headers: { location: `/lotteries/${TODAY}` } })
    expect(made.body).toEqual({
      date: TODAY,
      status: 'open',
      ballot_count: 0,
      winner_ballot_id: null,
      entropy: { kind: 'commit-reveal', commitment: hex(commitmentTo(SECRET)) },
      seal_hash: null,
      created_at: '2026-03-10T12:00:00.000Z',
      sealed_at: null,
      closed_at: null,
    })
    expect(found.body).toEqual(made.body)
    expect(found.headers).not.toHaveProperty('etag')
  })

  it('is refused for a day that has a lottery, is over, or is too far ahead', async () => {
    const { call } = await serve()
    await call('POST /lotteries/create', { date: TODAY })

    expectProblem(await call('POST /lotteries/create', { date: TODAY }), 409, 'lottery_already_exists')
    expectProblem(await call('POST /lotteries/create', { date: YESTERDAY }), 422, 'lottery_date_past')
    expectProblem(await call('POST /lotteries/create', { date: '2027-03-12' }), 422, 'lottery_date_too_far')
    expect((await call('POST /lotteries/create', { date: '2027-03-11' })).status).toBe(201)
  })
})

describe('a lottery that a beacon draws', () => {
  it('names its chain and its round from the start, and stays sealed while the beacon has no round', async () => {
    const { call, parts } = await serve({}, { entropy: 'drand' })
    const entropy = { kind: 'drand', chain_hash: QUICKNET.chainHash, round: expect.any(Number) as number }

    const made = await call('POST /lotteries/create', { date: TODAY })
    parts.clock.advance({ days: 1 })
    const sealed = await call(`POST /lotteries/close?date=${TODAY}`, undefined, AUTHORIZED)

    expect(made.body).toMatchObject({ status: 'open', entropy, seal_hash: null })
    expect(sealed).toMatchObject({ status: 202, body: { status: 'sealed', entropy, winner_ballot_id: null } })
    expect(sealed.body.seal_hash).toMatch(/^[0-9a-f]{64}$/)
    expectProblem(await call(`GET /lotteries/${TODAY}/evidence`), 404, 'lottery_not_closed')
  })
})

describe('closing a lottery', () => {
  it('answers with the closed lottery, and repeats the answer', async () => {
    const { call, parts } = await serve()
    await call('POST /lotteries/submit', { user_id: await parts.register() })
    parts.clock.advance({ days: 1 })

    const first = await call(`POST /lotteries/close?date=${TODAY}`, undefined, AUTHORIZED)
    const second = await call(`POST /lotteries/close?date=${TODAY}`, undefined, AUTHORIZED)

    expect(first).toMatchObject({ status: 200, body: { status: 'closed', ballot_count: 1 } })
    expect(first.body.winner_ballot_id).toEqual(expect.any(String))
    expect(first.body.seal_hash).toMatch(/^[0-9a-f]{64}$/)
    expect(first.body.seal_hash).toBe((await call(`GET /lotteries/${TODAY}/evidence`)).body.seal_hash)
    expect(second).toMatchObject({ status: 200, body: first.body })
  })

  it('answers 202 while the lottery is sealed and waits for its entropy', async () => {
    const { call, parts } = await serve()
    parts.lottery.closeLottery.execute = async () => aLotteryState({ seal: aSealRecord() })

    const sealed = await call(`POST /lotteries/close?date=${TODAY}`, undefined, AUTHORIZED)

    expect(sealed).toMatchObject({ status: 202, body: { status: 'sealed', winner_ballot_id: null, closed_at: null } })
    expect(sealed.body).toMatchObject({ seal_hash: '01'.repeat(32), sealed_at: '2026-03-11T00:00:00.000Z' })
  })

  it('is refused before the day is over, and for a date without a lottery', async () => {
    const { call } = await serve()
    await call('POST /lotteries/create', { date: TODAY })

    expectProblem(await call(`POST /lotteries/close?date=${TODAY}`, undefined, AUTHORIZED), 409, 'lottery_not_over')
    expectProblem(await call(`POST /lotteries/close?date=${TOMORROW}`, undefined, AUTHORIZED), 404, 'lottery_not_found')
  })

  it('answers an operator without the X-Internal-Token', async () => {
    const { call, parts } = await serve()
    await call('POST /lotteries/create', { date: TODAY })
    parts.clock.advance({ days: 1 })

    const closed = await call(`POST /lotteries/close?date=${TODAY}`, undefined, await bearer('operator'))

    expect(closed).toMatchObject({ status: 200, body: { status: 'closed' } })
  })

  it.each(QUERIES)('needs a token, before the query is validated: "%s"', async (query) => {
    const { call } = await serve()

    const refused = await call(`POST /lotteries/close${query}`)

    expectProblem(refused, 401, 'unauthenticated')
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer\b/)
  })

  const WRONG = 'The X-Internal-Token is not the configured one.'
  const UNSET = 'This service accepts no X-Internal-Token, since INTERNAL_CLOSE_TOKEN is not set.'
  it.each([
    ['an empty token', '', TOKEN, WRONG],
    ['a wrong token', `${TOKEN}.`, TOKEN, WRONG],
    ['any token when no token is configured', TOKEN, undefined, UNSET],
    ['an empty token when no token is configured', '', undefined, UNSET],
  ])('is forbidden with %s, before the query is validated', async (_, token, internalCloseToken, detail) => {
    const { call } = await serve({}, { access: { internalCloseToken } })

    for (const query of QUERIES) {
      const refused = await call(`POST /lotteries/close${query}`, undefined, { 'x-internal-token': token })
      expect(expectProblem(refused, 403, 'forbidden').detail).toBe(detail)
    }
  })

  it('is refused with both kinds of token, before the query is validated', async () => {
    const { call } = await serve()
    const both = { ...AUTHORIZED, ...(await bearer('operator')) }

    for (const query of QUERIES) {
      const { errors } = expectProblem(
        await call(`POST /lotteries/close${query}`, undefined, both),
        400,
        'invalid_request',
      )
      expect(errors).toMatchObject([{ in: 'header', field: 'X-Internal-Token' }])
    }
  })
})

describe('looking up the winner', () => {
  it('answers with the winning ballot', async () => {
    const { call, parts } = await serve()
    const { body: ballot } = await call('POST /lotteries/submit', { user_id: await parts.register() })
    parts.clock.advance({ days: 1 })
    await parts.lottery.closeDueLotteries.execute()

    const { id, user_id, lottery_date, ordinal, submitted_at } = ballot
    const winner = await call(`GET /lotteries/winner?date=${TODAY}`)
    expect([winner.status, winner.body]).toEqual([200, { id, user_id, lottery_date, ordinal, submitted_at }])
  })

  it('distinguishes an unknown day, an undrawn lottery and a lottery without a winner', async () => {
    const { call, parts } = await serve()
    const winner = () => call(`GET /lotteries/winner?date=${TODAY}`)

    expectProblem(await winner(), 404, 'lottery_not_found')
    await call('POST /lotteries/create', { date: TODAY })
    expectProblem(await winner(), 404, 'lottery_not_closed')
    parts.clock.advance({ days: 1 })
    await parts.lottery.closeDueLotteries.execute()
    expectProblem(await winner(), 404, 'lottery_without_winner')
  })
})

describe('results that can never change', () => {
  it('carry an ETag, and answer 304 without a body when the caller sends it', async () => {
    const { call, parts } = await serve()
    const submitted = await call('POST /lotteries/submit', { user_id: await parts.register() })
    parts.clock.advance({ days: 1 })
    await parts.lottery.closeDueLotteries.execute()

    for (const url of [`/lotteries/${TODAY}`, `/lotteries/winner?date=${TODAY}`, submitted.headers.location]) {
      const { headers } = await call(`GET ${url}`)
      expect(headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable' })
      const etag = String(headers.etag)
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await call(`GET ${url}`, undefined, { 'if-none-match': known })
        expect(again).toMatchObject({ status: 304, text: '', headers: { etag } })
      }
      expect((await call(`GET ${url}`, undefined, { 'if-none-match': '"other"' })).status).toBe(200)
    }
  })

  it('are cached in memory and served without the database; results that may change are not cached', async () => {
    const { call, parts } = await serve()
    await call('POST /lotteries/submit', { user_id: await parts.register() })
    const urls = [`/lotteries/${TODAY}`, `/lotteries/winner?date=${TODAY}`, `/lotteries/${TODAY}/evidence`]
    for (const url of urls) await call(`GET ${url}`)
    parts.clock.advance({ days: 1 })
    await parts.lottery.closeDueLotteries.execute()

    const first = []
    for (const url of urls) first.push(await call(`GET ${url}`))
    parts.stores.lotteries.lotteries.rows.clear()

    for (const [n, url] of urls.entries()) {
      const { headers, text } = await call(`GET ${url}`)
      const of = (all: typeof headers) => [all.etag, all['cache-control'], all['content-type'], all['content-length']]
      expect([text, of(headers)]).toEqual([first[n]?.text, of(first[n]?.headers ?? {})])
      const { etag } = headers
      expect((await call(`GET ${url}`, undefined, { 'if-none-match': String(etag) })).status).toBe(304)
      expectProblem(await call(`GET ${url}`, { a: 'body' }), 400, 'invalid_request')
      expect(await call(`HEAD ${url}`)).toMatchObject({ status: 200, text: '', headers: { etag } })
    }
    expectProblem(await call(`GET /lotteries/winner?date=${TOMORROW}`), 404, 'lottery_not_found')
  })
})

it('answers 404 for ballots and lotteries that do not exist', async () => {
  const { call } = await serve()
  const id = '0190f5fe-7c00-7a00-8000-000000000001'

  expectProblem(await call(`GET /lotteries/${TODAY}`), 404, 'lottery_not_found')
  expectProblem(await call(`GET /lotteries/${TODAY}/ballots`), 404, 'lottery_not_found')
  expectProblem(await call(`GET /lotteries/${TODAY}/ballots/${id}`), 404, 'lottery_not_found')
  await call('POST /lotteries/create', { date: TODAY })
  expectProblem(await call(`GET /lotteries/${TODAY}/ballots/${id}`), 404, 'ballot_not_found')
})
