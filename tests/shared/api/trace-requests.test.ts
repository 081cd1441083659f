import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { pino } from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createHttpServer } from '../../../src/shared/api/http-server.ts'
import { registerJsonBody } from '../../../src/shared/api/json-body.ts'
import { HttpError } from '../../../src/shared/api/problem-of.ts'
import { DatabaseUnavailable } from '../../../src/shared/application/unavailable.ts'
import { CALLER, RecordedSpans, TRACEPARENT } from '../../support/recorded-spans.ts'

const SECRETS = ['ada@secret.example', 'hunter2', '3f0c', 'email', 'Ada']

function open() {
  const spans = new RecordedSpans()
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const app = createHttpServer({ logger, tracer: spans.tracer })
  onTestFinished(() => app.close())
  registerJsonBody(app)
  app.post('/users/:id', async () => ({ inside: spans.tracer.current()?.spanId }))
  app.get('/refused', async () => {
    throw new HttpError(403, 'No.')
  })
  app.get('/broken', async () => {
    throw new Error('Ada <ada@secret.example> is broken')
  })
  app.get('/unavailable', async () => {
    throw new DatabaseUnavailable()
  })
  const traceIdsLogged = () => lines.map((line) => (JSON.parse(line) as { trace_id?: string }).trace_id)
  return { app, spans, traceIdsLogged }
}

it("a request is a span of the caller's trace, named by its route, and the handler runs inside of it", async () => {
  const { app, spans, traceIdsLogged } = open()

  const answer = await app.inject({
    method: 'POST',
    url: '/users/3f0c?email=ada@secret.example',
    headers: { traceparent: TRACEPARENT, authorization: 'Bearer hunter2' },
    payload: { email: 'ada@secret.example', name: 'Ada' },
  })

  const span = spans.named('POST /users/:id')
  expect(span.kind).toBe(SpanKind.SERVER)
  expect(span.parentSpanContext).toMatchObject(CALLER)
  expect(span.spanContext().traceId).toBe(CALLER.traceId)
  expect(answer.json()).toEqual({ inside: span.spanContext().spanId })
  expect(span.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/users/:id',
    'http.response.status_code': 200,
    'url.scheme': 'http',
  })
  expect(new Set(traceIdsLogged())).toEqual(new Set([CALLER.traceId]))
})

it('the handler runs inside of the span also when the body comes later', async () => {
  const { app, spans } = open()
  const begun = once(app.server, 'request')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const headers = { 'content-type': 'application/json', 'content-length': 2 }
  const client = request({ method: 'POST', port, path: '/users/3f0c', headers })
  const answered = once(client, 'response')

  client.flushHeaders()
  await begun
  client.end('{}')
  const [answer] = (await answered) as [IncomingMessage]

  const inside = await json(answer)
  await vi.waitFor(() => expect(inside).toEqual({ inside: spans.named('POST /users/:id').spanContext().spanId }))
})

it('a response of 4xx is no error of the span, and one of 5xx is', async () => {
  const { app, spans } = open()

  for (const path of ['/refused', '/nope', '/broken', '/unavailable']) await app.inject(path)

  const told = spans.all.map(({ name, status, attributes }) => [name, status.code, attributes['error.type']])
  expect(told).toEqual([
    ['GET /refused', SpanStatusCode.UNSET, undefined],
    ['GET', SpanStatusCode.UNSET, undefined],
    ['GET /broken', SpanStatusCode.ERROR, 'internal_error'],
    ['GET /unavailable', SpanStatusCode.ERROR, 'database_unavailable'],
  ])
})

it('a span has no path, query, header, body or message', async () => {
  const { app, spans } = open()
  const query = '?email=ada@secret.example&access_token=hunter2'

  for (const path of ['/refused', '/3f0c', '/broken', '/unavailable'])
    await app.inject({ url: path + query, headers: { cookie: 'hunter2' } })
  await app.inject({ method: 'POST', url: `/users/3f0c${query}`, payload: { email: 'ada@secret.example' } })

  expect(spans.all).toHaveLength(5)
  for (const secret of SECRETS) expect(spans.text).not.toContain(secret)
})

it('without a traceparent, the log has the trace that the request begins', async () => {
  const { app, spans, traceIdsLogged } = open()

  await app.inject('/refused')

  const { traceId } = spans.named('GET /refused').spanContext()
  expect(traceIdsLogged().length).toBeGreaterThan(0)
  expect(new Set(traceIdsLogged())).toEqual(new Set([traceId]))
})

it('a caller that is not recorded is followed: neither is the request, and the log has its trace', async () => {
  const { app, spans, traceIdsLogged } = open()

  const headers = { traceparent: TRACEPARENT.replace(/01$/, '00') }
  const answer = await app.inject({ method: 'POST', url: '/users/3f0c', headers, payload: {} })

  expect(spans.all).toEqual([])
  expect(answer.json()).toEqual({})
  expect(new Set(traceIdsLogged())).toEqual(new Set([CALLER.traceId]))
})
