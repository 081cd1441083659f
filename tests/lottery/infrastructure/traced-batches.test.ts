import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import type { SubmitBallotCommand } from '../../../src/lottery/application/submit-command.ts'
import { BatchingSubmitQueue } from '../../../src/lottery/infrastructure/batching-submit-queue.ts'
import { registerSubmitMetrics } from '../../../src/lottery/infrastructure/submit-metrics.ts'
import { TracedBatches } from '../../../src/lottery/infrastructure/traced-batches.ts'
import { inSpan, type Span } from '../../../src/shared/application/tracer.ts'
import { DatabaseUnavailable } from '../../../src/shared/application/unavailable.ts'
import { aSubmit } from '../../support/builders.ts'
import { CALLER, linksOf, RecordedSpans } from '../../support/recorded-spans.ts'

function open(store: (batch: readonly SubmitBallotCommand[]) => Promise<never> = fail) {
  const spans = new RecordedSpans()
  const { tracer } = spans
  const batches = new TracedBatches(tracer, { execute: store })
  const queue = batches.callersOf(new BatchingSubmitQueue(batches, registerSubmitMetrics(new Registry())))
  /** Submits a ballot inside of a request, and lets the batch fail. */
  const submit = (request: Span) => inSpan(tracer, request, () => queue.submit(aSubmit()).catch(() => {}))
  return { spans, tracer, submit }
}

async function fail(): Promise<never> {
  throw new DatabaseUnavailable()
}

it('a batch is linked with the requests of all its ballots, and each request with the batch', async () => {
  const { spans, tracer, submit } = open()
  const requests = [1, 2, 3].map((n) => tracer.start(`request ${n}`, { parent: undefined }))

  await Promise.all(requests.map(submit))

  const batch = spans.named('batch')
  expect(spans.all.filter(({ name }) => name === 'batch')).toHaveLength(1)
  expect(linksOf(batch)).toEqual(requests.map(({ spanId }) => spanId))
  expect(batch.parentSpanContext?.spanId).toBe(requests[0]?.spanId)
  expect(batch.attributes).toMatchObject({ 'lottery.batch.ballots': 3, 'error.type': 'database_unavailable' })
  for (const n of [1, 2, 3]) expect(linksOf(spans.named(`request ${n}`))).toEqual([batch.spanContext().spanId])
})

it('a batch belongs to its own first caller, and not to the batch before it', async () => {
  const second = Promise.withResolvers<unknown>()
  const { spans, tracer, submit } = open(async () => {
    if (tracer.current() && spans.all.length === 0) second.resolve(submit(later))
    return fail()
  })
  const first = tracer.start('first', { parent: undefined })
  const later = tracer.start('later', { parent: undefined })

  await submit(first)
  await second.promise

  const batches = spans.all.filter(({ name }) => name === 'batch')
  expect(batches.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([first.spanId, later.spanId])
})

it('callers that are not recorded do not count, and nothing is recorded of a batch of them alone', async () => {
  const inside: unknown[] = []
  const { spans, tracer, submit } = open(async () => {
    inside.push(tracer.current())
    return fail()
  })
  const unrecorded = () => tracer.start('unrecorded', { parent: { ...CALLER, isSampled: false } })
  const recorded = tracer.start('recorded', { parent: undefined })

  await submit(unrecorded())
  expect(spans.all).toEqual([])
  await Promise.all([submit(unrecorded()), submit(recorded)])

  expect(linksOf(spans.named('batch'))).toEqual([recorded.spanId])
  expect(inside[0]).toBeUndefined()
})
