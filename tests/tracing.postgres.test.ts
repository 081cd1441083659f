import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { buildApp } from '../src/app.ts'
import { createPool } from '../src/shared/infrastructure/postgres-pool.ts'
import { traceStatements } from '../src/shared/infrastructure/trace-statements.ts'
import { composed } from './support/ledger.ts'
import { CALLER, linksOf, RecordedSpans, TRACEPARENT } from './support/recorded-spans.ts'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const EMAIL = 'ada@secret.example'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

async function open() {
  const spans = new RecordedSpans()
  const { tracer } = spans
  const pool = createPool({ url: database.url, max: 3 })
  traceStatements(pool, tracer)
  const service = composed(pool, undefined, { tracer })
  const app = await buildApp(service, { tracer, maxEventLoopDelayMs: 0 })
  const close = async () => {
    await app.close()
    await pool.end()
  }
  return { spans, tracer, pool, service, app, [Symbol.asyncDispose]: close }
}

it("one trace follows a ballot from the caller's request through its batch to the statements", async () => {
  await using service = await open()
  const { app, spans } = service
  const user = await app.inject({ method: 'POST', url: '/users', payload: { email: EMAIL, name: 'Ada' } })
  const { id: user_id } = user.json<{ id: string }>()

  const headers = { traceparent: TRACEPARENT }
  const ballot = await app.inject({ method: 'POST', url: '/lotteries/submit', headers, payload: { user_id } })

  expect(ballot.statusCode).toBe(201)
  const request = await vi.waitFor(() => spans.named('POST /lotteries/submit'))
  const batch = spans.named('batch')
  const useCase = spans.named('submitBallots')
  expect(request.parentSpanContext).toMatchObject(CALLER)
  expect(linksOf(request)).toEqual([batch.spanContext().spanId])
  expect(linksOf(batch)).toEqual([request.spanContext().spanId])
  expect(spans.below(request)).toEqual(['batch'])
  expect(spans.below(batch)).toEqual(['submitBallots'])
  expect(spans.below(useCase)).toEqual(expect.arrayContaining(['BEGIN', 'lock_lotteries', 'add_ballots', 'COMMIT']))
  for (const span of [batch, useCase, spans.named('add_ballots')])
    expect(span.spanContext().traceId).toBe(CALLER.traceId)
  expect(spans.named('add_ballots')).toMatchObject({
    kind: SpanKind.CLIENT,
    attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'INSERT', 'db.query.summary': 'add_ballots' },
  })
  const { id, salt } = ballot.json<{ id: string; salt: string }>()
  for (const secret of [EMAIL, 'Ada', user_id, id, salt]) expect(spans.text).not.toContain(secret)
})

it('a statement outside of a transaction belongs to its own request, also when it has waited for a connection', async () => {
  await using service = await open()
  const { app, spans, pool } = service
  const clients = await Promise.all([1, 2, 3].map(() => pool.connect()))

  const answers = [1, 2, 3].map((n) => {
    const traceparent = TRACEPARENT.replace(CALLER.traceId, `${n}`.repeat(32))
    return app.inject({ url: '/lotteries/2031-01-01', headers: { traceparent } })
  })
  await vi.waitFor(() => expect(pool.waitingCount).toBe(3))
  for (const client of clients) client.release()
  await Promise.all(answers)

  await vi.waitFor(() => expect(spans.all.filter(({ kind }) => kind === SpanKind.SERVER)).toHaveLength(3))
  const traces = spans.all.filter(({ name }) => name === 'SELECT lotteries').map((span) => span.spanContext().traceId)
  expect(traces.sort()).toEqual([1, 2, 3].map((n) => `${n}`.repeat(32)))
})

it('a statement that fails has its SQLSTATE and no message; a refusal is no error', async () => {
  await using service = await open()
  const { app, spans, tracer, pool } = service
  const request = tracer.start('request', { parent: undefined })

  await tracer.within(request, () => pool.query(`select '${EMAIL}'::int`).catch(() => {}))
  await app.inject('/lotteries/2031-01-01')

  expect(spans.named('SELECT')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': '22P02' },
  })
  expect(spans.named('findLottery').status.code).toBe(SpanStatusCode.UNSET)
  expect(spans.text).not.toContain(EMAIL)
})

it('the closing of lotteries at midnight is a trace; the loops in the background are none', async () => {
  await using opened = await open()
  const { spans, service } = opened

  await service.auditLog.sequenceEvents.execute()
  expect(spans.all).toEqual([])
  await service.lottery.closeDueLotteries.execute()

  const closing = spans.named('closeDueLotteries')
  expect(closing.parentSpanContext).toBeUndefined()
  expect(new Set(spans.all.map((span) => span.spanContext().traceId)).size).toBe(1)
})
