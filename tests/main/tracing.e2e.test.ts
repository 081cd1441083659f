import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Receiver } from '../support/receiver.ts'
import { CALLER, TRACEPARENT } from '../support/recorded-spans.ts'
import { startService } from '../support/running-service.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const EMAIL = 'ada@secret.example'
/** Writes a line for each package of OpenTelemetry that is loaded. prom-client loads the API, which alone does nothing. */
const WATCH_LOADING = [
  '--import',
  `data:text/javascript,import{registerHooks}from'node:module';registerHooks({resolve(name,context,next){
    if(/^@opentelemetry.(?!api$)/.test(name))console.log('loads '+name);return next(name,context)}})`,
]

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] }
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[]
  }[]
}

interface ExportedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly links?: readonly { readonly spanId: string }[]
}

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('a stop sends the collector the spans of a ballot that it does not have yet', async () => {
    const collector = await Receiver.open()
    const environment = {
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}/`,
      OTEL_BSP_SCHEDULE_DELAY: '600000', // nothing is sent before the stop
      LOG_LEVEL: 'debug',
    }
    await using service = await startService(environment, WATCH_LOADING)

    const user = await service.post('/users', { email: EMAIL, name: 'Ada' })
    await service.get(`/users?email=${EMAIL}`)
    const submitted = await service.post(
      '/lotteries/submit',
      { user_id: user.body['id'] },
      { traceparent: TRACEPARENT },
    )
    expect(collector.received).toEqual([])
    const exit = await service.stop()

    expect([submitted.status, exit.code]).toEqual([201, 0])
    expect(service.output).toContain('loads @opentelemetry/')
    expect(new Set(collector.received.map(({ path }) => path))).toEqual(new Set(['/v1/traces']))
    const sent = collector.received.map(({ body }) => JSON.parse(body) as Exported).flatMap((one) => one.resourceSpans)
    for (const { resource } of sent)
      expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'lottery-service' } })
    const spans = sent.flatMap(({ scopeSpans }) => scopeSpans).flatMap((scope) => scope.spans)
    const own = spans.filter(({ traceId }) => traceId === CALLER.traceId)
    expect(own.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['POST /lotteries/submit', 'batch', 'submitBallots', 'add_ballots', 'COMMIT']),
    )
    const request = own.find(({ name }) => name === 'POST /lotteries/submit')
    const batch = own.find(({ name }) => name === 'batch')
    expect(request?.links?.map(({ spanId }) => spanId)).toEqual([batch?.spanId])
    for (const { body } of collector.received) {
      expect(body).not.toContain('secret.example')
      expect(body).not.toContain(user.body['id'])
    }
    const registered = spans.find(({ name }) => name === 'POST /users')
    expect(service.output).toContain(`"trace_id":"${registered?.traceId}"`)
  })

  it('a collector that is absent costs one line of the log, and no time of the stop', async () => {
    const environment = {
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_BSP_SCHEDULE_DELAY: '20',
    }
    await using service = await startService(environment)

    await service.get('/lotteries')
    await service.line(/takes no traces/)
    const answers = [await service.get('/lotteries'), await service.get('/lotteries')]
    const exit = await service.stop()

    expect([...answers.map(({ status }) => status), exit.code]).toEqual([200, 200, 0])
    expect(service.output.match(/the collector/g)).toHaveLength(1)
  })
})

describe('without it', () => {
  it('nothing of OpenTelemetry is loaded', async () => {
    await using service = await startService({ DATABASE_URL: database.url }, WATCH_LOADING)

    expect((await service.get('/lotteries')).status).toBe(200)
    expect(service.output).not.toContain('@opentelemetry')
  })
})
