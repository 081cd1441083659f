import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dateSchema } from '../../../src/lottery/api/schemas.ts'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'
import { pageQuery, toPage } from '../../../src/shared/api/page.ts'

const byOrdinal = z.strictObject(pageQuery(z.int().min(1)))
const byPlace = z.strictObject(pageQuery(z.strictObject({ date: dateSchema, ordinal: z.int().min(1) })))

describe('a page', () => {
  it('has as many items as the limit says, and a cursor only when there are more', () => {
    expect(toPage([1, 2, 3], 2, identity, identity)).toEqual({ items: [1, 2], next_cursor: expect.any(String) })
    expect(toPage([1, 2], 2, identity, identity)).toEqual({ items: [1, 2], next_cursor: null })
    expect(toPage([], 2, identity, identity)).toEqual({ items: [], next_cursor: null })
  })

  it('leads through every item once, in order, for any limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 250 }), fc.integer({ min: 1, max: 100 }), (n, limit) => {
        const all = Array.from({ length: n }, (_, index) => index + 1)
        const seen: number[] = []
        let cursor: string | undefined
        do {
          const query = byOrdinal.parse({ limit: String(limit), ...(cursor !== undefined && { cursor }) })
          const after = query.cursor ?? 0
          const rows = all.filter((ordinal) => ordinal > after).slice(0, query.limit + 1)
          const page = toPage(rows, query.limit, identity, identity)
          seen.push(...page.items)
          cursor = page.next_cursor ?? undefined
        } while (cursor !== undefined)

        expect(seen).toEqual(all)
      }),
    )
  })
})

describe('a cursor', () => {
  it('decodes to the place that it encodes', () => {
    const place = fc.record({
      date: fc.integer({ min: 0, max: 2_932_896 }).map((day) => CalendarDate.of(day * 86_400_000)),
      ordinal: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    })

    fc.assert(
      fc.property(place, (last) => {
        const { next_cursor } = toPage([last, last], 1, identity, identity)

        expect(byPlace.parse({ cursor: next_cursor }).cursor).toEqual(last)
      }),
    )
  })

  it.each([
    ['nothing', ''],
    ['no base64url', 'a b'],
    ['base64 that is not base64url', 'MQ=='],
    ['no JSON', cursorOf('{')],
    ['another place', cursorOf('"2026-11-22"')],
    ['ordinal zero', cursorOf('{"date":"2026-11-22","ordinal":0}')],
    ['a broken ordinal', cursorOf('{"date":"2026-11-22","ordinal":1.5}')],
    ['an ordinal beyond counting', cursorOf('{"date":"2026-11-22","ordinal":1e300}')],
    ['30 February', cursorOf('{"date":"2026-02-30","ordinal":1}')],
    ['a field too many', cursorOf('{"date":"2026-11-22","ordinal":1,"x":1}')],
    ['too long', 'A'.repeat(201)],
  ])('is refused when it is %s', (_, cursor) => {
    expect(byPlace.safeParse({ cursor }).success).toBe(false)
  })

  it('is read or refused, and never throws, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json().map(cursorOf)), (cursor) => {
        const read = byOrdinal.safeParse({ cursor })

        if (read.success) expect(read.data.cursor).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})

describe('the limit of a page', () => {
  it('is 50 when none is given', () => {
    expect(byOrdinal.parse({}).limit).toBe(50)
  })

  it.each(['1', '50', '100'])('may be %s', (limit) => {
    expect(byOrdinal.parse({ limit }).limit).toBe(Number(limit))
  })

  it.each(['0', '101', '-1', '1.5', '1e1', '0x10', ' 5', '', 'all', '99999999999'])('may not be %j', (limit) => {
    expect(byOrdinal.safeParse({ limit }).success).toBe(false)
  })
})

function identity<T>(value: T): T {
  return value
}

function cursorOf(text: string): string {
  return Buffer.from(text).toString('base64url')
}
