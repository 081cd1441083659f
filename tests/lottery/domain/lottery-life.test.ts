import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { Lottery } from '../../../src/lottery/domain/lottery.ts'
import type { Exclusion } from '../../../src/lottery/domain/seal.ts'
import type { DomainEvent } from '../../../src/shared/domain/domain-events.ts'
import {
  aBallot,
  aNewLottery,
  ballotId,
  CAUSE,
  drawingOf,
  excluding,
  SALT,
  SECRET,
  sealTerms,
  TODAY,
  userId,
} from '../../support/builders.ts'

const END = CalendarDate.endOf(TODAY)
const step = fc.oneof(
  fc.record({ kind: fc.constant('issue'), after: fc.constant(-1_000) }),
  fc.record({ kind: fc.constant('seal'), after: fc.integer({ min: -2, max: 5 }), excluded: fc.nat({ max: 2 }) }),
  fc.record({ kind: fc.constant('close'), after: fc.integer({ min: 0, max: 5 }), secret: fc.boolean() }),
  fc.record({ kind: fc.constant('reload') }),
)

describe('any sequence of operations on a lottery', () => {
  it('records one created event, at most one sealed and one closed event, in this order and without gaps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const types = typesAfter(steps).map(({ type, seq }) => [type, seq])

        const all = ['lottery.created.v1', 'lottery.sealed.v1', 'lottery.closed.v1'].map((type, n) => [type, n + 1])
        expect(types).toEqual(all.slice(0, types.length))
      }),
      { numRuns: 500 },
    )
  })

  it('reaches the closed event', () => {
    const closing = [
      { kind: 'issue' },
      { kind: 'seal' },
      { kind: 'close', secret: true },
      { kind: 'close', secret: true },
    ]

    expect(typesAfter(closing).at(-1)?.type).toBe('lottery.closed.v1')
  })
})

interface Step {
  readonly kind: string
  /** Milliseconds after the end of the day. */
  readonly after?: number
  readonly excluded?: number
  readonly secret?: boolean
}

/** Applies the steps. A step that the lottery refuses changes nothing. Returns all events that were recorded. */
function typesAfter(steps: readonly Step[]): DomainEvent[] {
  let lottery = aNewLottery()
  let exclusions: readonly Exclusion[] = []
  const events: DomainEvent[] = [...lottery.takeEvents()]
  for (const { kind, after = 0, excluded = 0, secret = false } of steps) {
    const at = END + after
    try {
      if (kind === 'issue') {
        const ordinal = lottery.head.size + 1
        lottery.issue({ id: ballotId(ordinal), userId: userId(), salt: SALT, standing: 'active' }, at)
      } else if (kind === 'seal') {
        const ordinals = [1, 2].slice(0, Math.min(excluded, lottery.head.size))
        const wasOpen = lottery.status === 'open'
        lottery.sealWith(sealTerms({ excluded: ordinals }), at, CAUSE)
        if (wasOpen) exclusions = excluding(...ordinals)
      } else if (kind === 'close') {
        const reveal = secret ? SECRET : Buffer.alloc(32)
        const drawing = drawingOf(lottery, reveal, exclusions)
        const ordinal = drawing.winningOrdinal()
        lottery.close(drawing, ordinal ? aBallot({ ordinal }) : undefined, at, CAUSE)
      } else {
        lottery = Lottery.rehydrate(lottery.state)
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error
    }
    events.push(...lottery.takeEvents())
  }
  return events
}
