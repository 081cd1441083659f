import type { SpanExporter } from '@opentelemetry/sdk-trace-node'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { logFailures } from '../../../src/shared/infrastructure/open-telemetry.ts'

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
