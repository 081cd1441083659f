import type { SpanExporter } from '@opentelemetry/sdk-trace-node'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { describeService, logFailures } from '../../../src/shared/infrastructure/open-telemetry.ts'
import { CALLER, RecordedSpans } from '../../support/recorded-spans.ts'

afterEach(() => vi.unstubAllEnvs())

it('the log has the first failure of a series and its end, and the processor hears of no failure', () => {
  const lines: { level: number; msg: string }[] = []
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line) as never) })
  const refused = { code: 1, error: new Error('refused') }
  const answers = [refused, refused, { code: 0 }, { code: 0 }, refused]
  const inner: SpanExporter = { export: (_spans, done) => done(answers.shift() ?? refused), shutdown: async () => {} }
  const exporter = logFailures(inner, log)
  const codes: number[] = []

  while (answers.length > 0) exporter.export([], ({ code }) => void codes.push(code))

  const lost = { level: 40, msg: 'the collector takes no traces; they are lost until it does' }
  expect(lines).toMatchObject([lost, { level: 30, msg: 'the collector takes traces again' }, lost])
  expect(codes).toEqual([0, 0, 0, 0, 0])
})

it.each([
  ['parentbased_traceidratio', '0', []],
  ['parentbased_traceidratio', '1', ['begun']],
  ['always_off', '', []],
])('OTEL_TRACES_SAMPLER=%s with %s decides which requests begin a trace', (sampler, argument, recorded) => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', sampler)
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', argument)
  const spans = new RecordedSpans()

  spans.tracer.start('begun', { parent: undefined }).end()
  expect(spans.all.map(({ name }) => name)).toEqual(recorded)
})

it('a caller decides whether its request is recorded, with the default sampler', () => {
  const spans = new RecordedSpans()

  for (const isSampled of [true, false]) spans.tracer.start(`${isSampled}`, { parent: { ...CALLER, isSampled } }).end()
  expect(spans.all.map(({ name }) => name)).toEqual(['true'])
})

it('the service has its name, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES give another', () => {
  const names = ['OTEL_NOTHING', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_SERVICE_NAME'].map((variable) => {
    vi.stubEnv(variable, variable === 'OTEL_RESOURCE_ATTRIBUTES' ? 'service.name=attribute' : 'name')
    return describeService().attributes['service.name']
  })

  expect(names).toEqual(['lottery-service', 'attribute', 'name'])
})
