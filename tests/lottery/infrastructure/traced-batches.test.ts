import { setImmediate as turn } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
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
  return { spans, tracer, queue, submit }
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

describe('a batch that starts when the batch before it ends', () => {
  /** Submits a ballot inside of the second request while the batch of the first is being stored. */
  async function submitInTurn(secondIsSampled: boolean) {
    const second = Promise.withResolvers<unknown>()
    const inside: (Span | undefined)[] = []
    const { spans, tracer, submit } = open(async () => {
      if (inside.push(tracer.current()) > 1) return fail()
      second.resolve(submit(later))
      await turn()
      await turn()
      return fail()
    })
    const first = tracer.start('first', { parent: undefined })
    const later = tracer.start('later', { parent: { ...CALLER, isSampled: secondIsSampled } })
    await submit(first)
    await second.promise
    const batches = spans.all.filter(({ name }) => name === 'batch')
    return { first, later, inside, parents: batches.map(({ parentSpanContext }) => parentSpanContext?.spanId) }
  }

  it('belongs to its own first caller', async () => {
    const { first, later, parents } = await submitInTurn(true)

    expect(parents).toEqual([first.spanId, later.spanId])
  })

  it('is not recorded when its own callers are not', async () => {
    const { first, parents, inside } = await submitInTurn(false)

    expect(parents).toEqual([first.spanId])
    expect(inside.map((span) => span !== undefined)).toEqual([true, false])
  })
})

it('a batch of one caller has one link to its request', async () => {
  const { spans, tracer, queue } = open()
  const request = tracer.start('request', { parent: undefined })

  await inSpan(tracer, request, () => queue.submitBatch([aSubmit(), aSubmit(), aSubmit()]))

  const batch = spans.named('batch')
  expect([linksOf(batch), linksOf(spans.named('request'))]).toEqual([[request.spanId], [batch.spanContext().spanId]])
  expect(batch.attributes).toMatchObject({ 'lottery.batch.ballots': 3 })
})

it('callers that are not recorded do not count', async () => {
  const { spans, tracer, submit } = open()
  const unrecorded = tracer.start('unrecorded', { parent: { ...CALLER, isSampled: false } })
  const recorded = tracer.start('recorded', { parent: undefined })

  await Promise.all([submit(unrecorded), submit(recorded)])

  expect(linksOf(spans.named('batch'))).toEqual([recorded.spanId])
})
