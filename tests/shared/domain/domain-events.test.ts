import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DomainEvents } from '../../../src/shared/domain/domain-events.ts'
import { CAUSE } from '../../support/builders.ts'

describe("an aggregate's events", () => {
  it('are numbered after the last stored event without gaps, also when they are taken in several parts', () => {
    const step = fc.constantFrom('record', 'take')

    fc.assert(
      fc.property(fc.nat({ max: 1_000 }), fc.array(step), (lastSeq, steps) => {
        const events = new DomainEvents('lottery/2026-11-22', lastSeq)
        const taken: number[] = []
        for (const what of steps) {
          if (what === 'record') events.record('something.happened.v1', 0, CAUSE, {})
          else taken.push(...events.take().map(({ seq }) => seq))
        }
        taken.push(...events.take().map(({ seq }) => seq))

        expect(taken).toEqual(taken.map((_, index) => lastSeq + index + 1))
        expect(events.lastSeq).toBe(lastSeq + taken.length)
      }),
    )
  })

  it('are returned once', () => {
    const events = new DomainEvents('user/1', 0)
    events.record('user.banned.v1', 5, CAUSE, { user_id: '1' })

    expect(events.take()).toEqual([
      { aggregate: 'user/1', seq: 1, type: 'user.banned.v1', data: { user_id: '1' }, occurredAt: 5, cause: CAUSE },
    ])
    expect(events.take()).toEqual([])
  })
})
