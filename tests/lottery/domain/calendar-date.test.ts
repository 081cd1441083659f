import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CalendarDate } from '../../../src/lottery/domain/calendar-date.ts'

const DAY_MS = 86_400_000
const FIRST_DAY = 0
const LAST_DAY = 2_932_896 // 9999-12-31

const someDayNumber = fc.integer({ min: FIRST_DAY, max: LAST_DAY })
const someDate = someDayNumber.map((days) => CalendarDate.of(days * DAY_MS))

describe('a calendar date', () => {
  it.each([
    ['1970-01-01', 'the first date'],
    ['9999-12-31', 'the last date'],
    ['2024-02-29', 'a leap day'],
    ['2000-02-29', 'a leap day of a century that 400 divides'],
  ])('%s (%s) is valid', (text) => {
    expect(CalendarDate.isValid(text)).toBe(true)
    expect(CalendarDate.parse(text)).toBe(text)
  })

  it.each([
    ['2025-02-30', '30 February'],
    ['2023-02-29', 'a leap day of an ordinary year'],
    ['2100-02-29', 'a leap day of an ordinary century'],
    ['2025-04-31', '31 April'],
    ['2025-13-01', 'a thirteenth month'],
    ['2025-00-10', 'month zero'],
    ['2025-01-00', 'day zero'],
    ['0000-01-01', 'year zero'],
    ['1969-12-31', 'before the first date'],
    ['10000-01-01', 'after the last date'],
    ['+010000-01-01', 'an expanded year'],
    ['-000001-01-01', 'a negative year'],
    ['infinity', 'accepted as a date by PostgreSQL'],
    ['today', 'also accepted by PostgreSQL'],
    ['2025-1-2', 'no leading zeros'],
    ['20250102', 'no dashes'],
    ['2025-01-02T00:00:00Z', 'an instant'],
    ['2025-01-02\n', 'a trailing newline'],
    [' 2025-01-02', 'a leading space'],
    ['２０２５-01-02', 'digits that are not ASCII'],
    ['2025-01-02\u0000', 'a NUL'],
    ['', 'empty text'],
  ])('%j (%s) is invalid', (text) => {
    expect(CalendarDate.isValid(text)).toBe(false)
    expect(() => CalendarDate.parse(text)).toThrow(RangeError)
  })

  it('is valid exactly when its year, month and day exist', () => {
    const digits = (value: number, length: number) => String(value).padStart(length, '0')

    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(1900, 1970, 2000, 2023, 2024, 2100)),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (year, month, day) => {
          const text = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`

          expect(CalendarDate.isValid(text)).toBe(year >= 1970 && day >= 1 && day <= daysOf(year, month))
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('is invalid for text of any other shape', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/^\d{4}-\d{2}-\d{2}$/.test(text)),
        (text) => {
          expect(CalendarDate.isValid(text)).toBe(false)
        },
      ),
    )
  })

  it('quotes at most 40 characters of refused text', () => {
    expect(() => CalendarDate.parse('9'.repeat(5_000))).toThrow(
      /^not a calendar date, YYYY-MM-DD from 1970-01-01 on: "9{40}"$/,
    )
  })
})

describe('the day of an instant', () => {
  it('is the UTC day, from its first millisecond to its last', () => {
    const midnight = Date.UTC(2026, 10, 22)

    expect(CalendarDate.of(midnight - 1)).toBe('2026-11-21')
    expect(CalendarDate.of(midnight)).toBe('2026-11-22')
    expect(CalendarDate.of(midnight + DAY_MS - 1)).toBe('2026-11-22')
    expect(CalendarDate.of(midnight + DAY_MS)).toBe('2026-11-23')
  })

  it('ends after the instant, by at most a day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: (LAST_DAY + 1) * DAY_MS - 1 }), (instant) => {
        const end = CalendarDate.endOf(CalendarDate.of(instant))

        expect(end).toBeGreaterThan(instant)
        expect(end - instant).toBeLessThanOrEqual(DAY_MS)
      }),
    )
  })

  it('has an end that is the first instant of the next day', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST_DAY, max: LAST_DAY - 1 }), (day) => {
        const date = CalendarDate.of(day * DAY_MS)

        expect(CalendarDate.of(CalendarDate.endOf(date) - 1)).toBe(date)
        expect(CalendarDate.of(CalendarDate.endOf(date))).toBe(CalendarDate.addDays(date, 1))
      }),
    )
  })
})

describe('counting days', () => {
  it('crosses the ends of months and years', () => {
    expect(CalendarDate.addDays(CalendarDate.parse('2026-12-31'), 1)).toBe('2027-01-01')
    expect(CalendarDate.addDays(CalendarDate.parse('2024-02-28'), 1)).toBe('2024-02-29')
    expect(CalendarDate.addDays(CalendarDate.parse('2026-03-01'), -1)).toBe('2026-02-28')
  })

  it('returns to the first date when the same number of days is subtracted', () => {
    fc.assert(
      fc.property(someDayNumber, someDayNumber, (from, to) => {
        const date = CalendarDate.of(from * DAY_MS)
        const other = CalendarDate.addDays(date, to - from)

        expect(other).toBe(CalendarDate.of(to * DAY_MS))
        expect(CalendarDate.addDays(other, from - to)).toBe(date)
      }),
    )
  })

  it('keeps the order of the dates as text', () => {
    fc.assert(
      fc.property(someDate, someDate, (one, other) => {
        expect(one < other).toBe(CalendarDate.endOf(one) < CalendarDate.endOf(other))
      }),
    )
  })

  it('refuses to leave the calendar', () => {
    expect(() => CalendarDate.addDays(CalendarDate.parse('9999-12-31'), 1)).toThrow(RangeError)
    expect(() => CalendarDate.addDays(CalendarDate.parse('1970-01-01'), -1)).toThrow(RangeError)
  })
})

/** Days of a month in the Gregorian calendar, computed without Date; 0 for a month that does not exist. */
function daysOf(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0][month] ?? 0
}
