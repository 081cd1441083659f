import { describe, expect, it } from 'vitest'
import { DatabaseUnavailable, OutcomeUnknown, Overloaded } from '../../../src/shared/application/unavailable.ts'
import { bearer } from '../../support/access.ts'
import { TODAY, TOMORROW, userId, YESTERDAY } from '../../support/builders.ts'
import { type Answer, type Body, expectProblem, rowsStored, type Service, serve } from '../../support/http.ts'
import type { MemoryParts } from '../../support/memory-app.ts'

const [AGENT, OPERATOR] = [await bearer('agent'), await bearer('operator')]
const BATCH = 'POST /lotteries/submit/batch'

interface Result {
  readonly status: number
  readonly receipt?: Body
  readonly replayed?: boolean
  readonly problem?: Body
}

/** A service with a user, and a call that submits ballots in one batch. */
async function served() {
  const service = await serve()
  const user_id = await service.parts.register()
  return { ...service, user_id, submit: (...ballots: readonly object[]) => service.call(BATCH, { ballots }, AGENT) }
}

function resultsOf(answer: Answer): Result[] {
  expect(answer.status, answer.text).toBe(200)
  return answer.body['results'] as Result[]
}

/** Each result in a word or two: `201`, `201 replayed`, or the status and the code of the problem. */
function wordsOf(answer: Answer): string[] {
  return resultsOf(answer).map(({ status, problem, replayed }) =>
    [status, problem?.code ?? (replayed ? 'replayed' : [])].flat().join(' '),
  )
}

function ballots(user_id: string, count: number, given: object = {}): object[] {
  return Array.from({ length: count }, () => ({ user_id, date: TODAY, ...given }))
}

describe('a batch of ballots', () => {
  it('is answered in its order, with the receipts that lead to the ballots', async () => {
    const { call, parts, submit } = await served()
    const users = await Promise.all([1, 2, 3].map(() => parts.register()))

    const answer = await submit(...users.map((user_id) => ({ user_id, date: TOMORROW })))

    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    const results = resultsOf(answer)
    expect(results.map(({ receipt }) => receipt?.user_id)).toEqual(users)
    for (const [n, { status, receipt, replayed, ...rest }] of results.entries()) {
      expect([status, replayed, receipt?.ordinal, rest]).toEqual([201, false, n + 1, {}])
      expect((await call(`GET /lotteries/${TOMORROW}/ballots/${receipt?.id}`)).body).toMatchObject({ ordinal: n + 1 })
      const { body: again } = await call(
        `GET /lotteries/${TOMORROW}/ballots/${receipt?.id}/receipt`,
        undefined,
        OPERATOR,
      )
      expect(receipt).toEqual(again)
    }
  })

  it('shares one checkpoint in the receipts of a date, over a ledger that contains all of them', async () => {
    const { user_id, submit } = await served()
    const both = Array.from({ length: 600 }, (_, n) => ({ user_id, date: n % 3 === 0 ? TOMORROW : TODAY }))

    const results = resultsOf(await submit(...both))

    const checkpoints = new Set(results.map(({ receipt }) => String(receipt?.['checkpoint'])))
    expect([...checkpoints].map((note) => note.split('\n').slice(0, 2).join(': ')).sort()).toEqual([
      `lottery.local/${TODAY}: 400`,
      `lottery.local/${TOMORROW}: 200`,
    ])
  })

  it('fails only for its refused ballots, with the problems of single submits', async () => {
    const { call, parts, user_id, submit } = await served()
    const banned = await parts.register()
    await call(`POST /users/${banned}/ban`, undefined, OPERATOR)
    const bad = [
      { user_id: userId(), date: TODAY },
      { user_id: banned, date: TODAY },
      { user_id, date: YESTERDAY },
      { user_id, date: '2027-03-12' },
    ]
    const good = { user_id, date: TODAY }

    const answer = await submit(good, ...bad, good)

    expect(wordsOf(answer)).toEqual([
      '201',
      '404 user_not_found',
      '403 user_banned',
      '422 lottery_date_past',
      '422 lottery_date_too_far',
      '201',
    ])
    for (const [n, ballot] of bad.entries()) {
      const { request_id: _id, ...single } = (await call('POST /lotteries/submit', ballot)).body
      const { status, problem, ...rest } = resultsOf(answer)[n + 1] as Result
      expect({ status, problem, rest }).toEqual({
        status: single['status'],
        problem: { ...single, request_id: answer.headers['x-request-id'] },
        rest: {},
      })
    }
    expect((await call(`GET /lotteries/${TODAY}`)).body).toMatchObject({ ballot_count: 2 })
  })

  it('is refused ballot by ballot when its lottery is closed, except for keys that were used before', async () => {
    const { parts, user_id, submit } = await served()
    const keyed = { user_id, date: TODAY, idempotency_key: 'k' }
    await submit(keyed)
    parts.clock.advance({ days: 1 })
    await parts.lottery.closeDueLotteries.execute()

    expect(wordsOf(await submit({ user_id, date: TODAY }, keyed))).toEqual(['409 lottery_closed', '201 replayed'])
  })

  it('gives equal keys of one user and date one ballot, in one batch, in two, and in a single submit', async () => {
    const { call, parts, user_id, submit } = await served()
    const other = await parts.register()
    const keyed = { user_id, date: TODAY, idempotency_key: 'k' }
    const first = await submit(keyed, { ...keyed, user_id: other }, keyed, { ...keyed, date: TOMORROW })

    const single = await call('POST /lotteries/submit', { user_id, date: TODAY }, { 'idempotency-key': 'k' })
    const second = await submit(keyed, { ...keyed, idempotency_key: 'K' })

    expect(wordsOf(first)).toEqual(['201', '201', '201 replayed', '201'])
    expect(wordsOf(second)).toEqual(['201 replayed', '201'])
    expect(single.headers['idempotency-replayed']).toBe('true')
    const ids = [...resultsOf(first), ...resultsOf(second)].map(({ receipt }) => receipt?.id)
    expect([ids[2], ids[4], single.body.id]).toEqual([ids[0], ids[0], ids[0]])
    expect(new Set(ids).size).toBe(4)
  })

  it('may hold the keys of a thousand ballots that are as long and as escaped as can be', async () => {
    const { user_id, submit } = await served()
    const keys = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(255, '"'))

    const words = wordsOf(await submit(...keys.map((idempotency_key) => ({ user_id, date: TODAY, idempotency_key }))))

    expect(words).toEqual(Array(1_000).fill('201'))
  })

  it('counts each of its ballots in the metrics, and is one request', async () => {
    const { parts, user_id, submit } = await served()

    await submit(...ballots(user_id, 300), { user_id: userId(), date: TODAY })

    const metrics = await parts.metrics.metrics()
    expect(metrics).toContain('lottery_submits_total{code="accepted"} 300')
    expect(metrics).toContain('lottery_submits_total{code="user_not_found"} 1')
    expect(metrics).toContain('route="/lotteries/submit/batch",status="200"} 1')
  })
})

describe('a batch that is not valid', () => {
  const many = 'Must have 1 to 1,000 ballots; send more of them in several batches'

  it('is refused as a whole, names the ballots that are wrong, and stores nothing', async () => {
    const { call, parts, user_id } = await served()
    const good = { user_id, date: TODAY }
    const before = rowsStored(parts)
    const errorsOf = async (body: unknown) =>
      expectProblem(await call(BATCH, body, AGENT), 400, 'invalid_request').errors

    const body = { in: 'body' }
    const pointer = '/ballots/1'
    expect(await errorsOf({ ballots: [] })).toEqual([{ ...body, field: 'ballots', detail: many }])
    expect(await errorsOf({ ballots: Array(1_001).fill(good) })).toEqual([{ ...body, field: 'ballots', detail: many }])
    expect(await errorsOf({ ballots: Array(200_000).fill(1) })).toEqual([{ ...body, field: 'ballots', detail: many }])
    expect(await errorsOf({ ballots: good })).toMatchObject([{ ...body, field: 'ballots' }])
    expect(await errorsOf([good])).toMatchObject([body])
    expect(await errorsOf({})).toMatchObject([{ ...body, field: 'ballots' }])
    expect(await errorsOf({ ballots: [good], date: TODAY })).toEqual([
      { ...body, field: 'date', detail: 'Unknown field' },
    ])
    expect(await errorsOf({ ballots: [good, { user_id }] })).toMatchObject([
      { ...body, field: 'ballots.1.date', pointer: `${pointer}/date` },
    ])
    expect(await errorsOf({ ballots: [good, 7] })).toMatchObject([{ ...body, field: 'ballots.1', pointer }])
    expect(
      await errorsOf({ ballots: [good, { date: '2026-02-30', user_id: 'x', idempotency_key: 'two words', color: 1 }] }),
    ).toEqual([
      { ...body, field: 'ballots.1.user_id', detail: 'Invalid UUID', pointer: `${pointer}/user_id` },
      { ...body, field: 'ballots.1.date', detail: 'Must be a day that exists, YYYY-MM-DD', pointer: `${pointer}/date` },
      {
        ...body,
        field: 'ballots.1.idempotency_key',
        detail: 'Must be 1 to 255 visible ASCII characters',
        pointer: `${pointer}/idempotency_key`,
      },
      { ...body, field: 'ballots.1.color', detail: 'Unknown field', pointer },
    ])
    expect(rowsStored(parts)).toBe(before)
  })

  it('is refused with a key of the whole batch, which would protect no ballot', async () => {
    const { call, parts, user_id } = await served()
    const before = rowsStored(parts)

    const refused = await call(BATCH, { ballots: ballots(user_id, 2) }, { ...AGENT, 'idempotency-key': 'k' })

    expect(expectProblem(refused, 400, 'invalid_request').errors).toEqual([
      { in: 'header', field: 'Idempotency-Key', detail: expect.stringContaining('each of its ballots') },
    ])
    expect(rowsStored(parts)).toBe(before)
  })

  it('is refused shortly when all its ballots are wrong', async () => {
    const { call } = await served()
    const wrong = Array.from({ length: 1_000 }, (_, n) => ({ [`${n}`.repeat(100)]: 1 }))

    const answer = await call(BATCH, { ballots: wrong }, AGENT)

    expectProblem(answer, 400, 'invalid_request')
    expect(answer.text.length).toBeLessThan(4_000)
  })

  it('is 413 above 640 KiB, and every other body still above 16 KiB', async () => {
    const { call, user_id } = await served()
    const text = JSON.stringify({ ballots: ballots(user_id, 1) })

    expect((await call(BATCH, text.padEnd(640 * 1024), AGENT)).status).toBe(200)
    expectProblem(await call(BATCH, text.padEnd(640 * 1024 + 1), AGENT), 413, 'body_too_large')
    expectProblem(await call('POST /lotteries/submit', text.padEnd(17 * 1024), AGENT), 413, 'body_too_large')
  })
})

describe('a batch is taken', () => {
  it('from agents and operators alone', async () => {
    const { call, user_id } = await served()
    const of = async (headers?: Record<string, string>) => call(BATCH, { ballots: ballots(user_id, 1) }, headers)

    for (const headers of [AGENT, OPERATOR]) expect((await of(headers)).status).toBe(200)
    expectProblem(await of(), 401, 'unauthenticated')
    expect(expectProblem(await of(await bearer('auditor')), 403, 'forbidden').detail).toBe(
      'This request needs a token with one of the roles agent, operator.',
    )
  })

  it('from no participant, though every ballot is their own; these are single submits', async () => {
    const { call } = await served()
    const ada = await bearer('participant', 'ada')
    const { id } = (await call('POST /users', { email: 'ada@example.org' }, ada)).body

    expectProblem(await call(BATCH, { ballots: ballots(String(id), 2) }, ada), 403, 'forbidden')
    expect((await call('POST /lotteries/submit', { date: TODAY }, ada)).status).toBe(201)
  })
})

describe('a batch whose ballots cannot be stored', () => {
  it('is 503 when none of them has another result', async () => {
    const { parts, user_id, submit } = await served()

    parts.database.unavailable = true
    const refused = await submit(...ballots(user_id, 600))
    parts.database.unavailable = false

    expectProblem(refused, 503, 'database_unavailable')
    expect(refused.headers['retry-after']).toMatch(/^[123]$/)
    await parts.lottery.batchingQueue.drain()
    expectProblem(await submit(...ballots(user_id, 2)), 503, 'overloaded')
    expect((await parts.metrics.metrics()).includes('lottery_submits_total{code="overloaded"} 2')).toBe(true)
  })

  it('is outcome_unknown when some of them may be stored', async () => {
    const { parts, user_id, submit } = await served()
    answersWith(parts, new DatabaseUnavailable(), new OutcomeUnknown(), new Overloaded())

    expectProblem(await submit(...ballots(user_id, 3)), 503, 'outcome_unknown')
  })

  it('has the receipts of the others, and a problem for each of them', async () => {
    const service = await served()
    const first = await service.submit(...ballots(service.user_id, 1))
    const [outcome] = await service.parts.lottery.submitQueue.submitBatch([
      { userId: service.user_id, date: TODAY, idempotencyKey: undefined },
    ])
    answersWith(service.parts, new Overloaded(), outcome, new Error('secret text'))

    const answer = await service.submit(...ballots(service.user_id, 3))

    expect(wordsOf(first)).toEqual(['201'])
    expect(wordsOf(answer)).toEqual(['503 overloaded', '201', '500 internal_error'])
    expect(answer.text).not.toContain('secret')
  })

  it('stores each keyed ballot once when the answer to a COMMIT is lost, and when it is sent again', async () => {
    const { call, parts, user_id, submit } = await served()
    const keyed = ballots(user_id, 600).map((ballot, n) => ({ ...ballot, idempotency_key: `key-${n}` }))
    await submit({ user_id, date: TODAY })

    parts.database.failNextCommit('stored')
    const first = await submit(...keyed)
    const again = await submit(...keyed)

    expect(resultsOf(first).map(({ status }) => status)).toEqual(Array(600).fill(201))
    expect(wordsOf(again)).toEqual(Array(600).fill('201 replayed'))
    expect(resultsOf(again).map(({ receipt }) => receipt?.id)).toEqual(
      resultsOf(first).map(({ receipt }) => receipt?.id),
    )
    expect((await call(`GET /lotteries/${TODAY}`)).body).toMatchObject({ ballot_count: 601 })
  })
})

/** Lets the next batches have these answers. */
function answersWith(parts: MemoryParts, ...answers: readonly unknown[]): void {
  const queue = parts.lottery.submitQueue as { submitBatch: Service['parts']['lottery']['submitQueue']['submitBatch'] }
  queue.submitBatch = async () => answers as Awaited<ReturnType<typeof queue.submitBatch>>
}
