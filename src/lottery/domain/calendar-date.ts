import type { Instant } from '../../shared/domain/instant.ts'

declare const brand: unique symbol
const DAY_MS = 86_400_000
const PATTERN = /^\d{4}-\d{2}-\d{2}$/

/** A UTC calendar day, `YYYY-MM-DD`, from 1970-01-01 to 9999-12-31. Text order is date order. */
export type CalendarDate = string & { readonly [brand]: 'CalendarDate' }

export const CalendarDate = {
  /** Reports whether the text is a day that exists: 30 February, year 0 and `infinity` do not. */
  isValid: (text: string): text is CalendarDate => {
    if (text === known.date) return true
    if (!PATTERN.test(text) || text < '1970-01-01') return false
    const midnight = midnightOf(text)
    if (Number.isNaN(midnight) || isoDay(midnight) !== text) return false
    known = { date: text, midnight }
    return true
  },

  /** @throws RangeError when the text is not a day that exists, from 1970-01-01 on */
  parse: (text: string): CalendarDate => {
    if (!CalendarDate.isValid(text)) {
      throw new RangeError(`not a calendar date, YYYY-MM-DD from 1970-01-01 on: ${JSON.stringify(text.slice(0, 40))}`)
    }
    return text
  },

  /** The UTC day that the instant falls in. */
  of: (instant: Instant): CalendarDate => CalendarDate.parse(isoDay(instant)),

  /** First instant after the day: 00:00:00.000 UTC of the next day. */
  endOf: (date: CalendarDate): Instant => midnightOf(date) + DAY_MS,

  /** Days since 1970-01-01. */
  toDay: (date: CalendarDate): number => midnightOf(date) / DAY_MS,

  addDays: (date: CalendarDate, days: number): CalendarDate => CalendarDate.of(midnightOf(date) + days * DAY_MS),
}

function isoDay(instant: Instant): string {
  return new Date(instant).toISOString().slice(0, 10)
}

/** The day that was found valid last. Ballots that come together are of one day, which is then computed once. */
let known = { date: '', midnight: Number.NaN }

function midnightOf(date: string): Instant {
  if (date === known.date) return known.midnight
  return Date.parse(`${date}T00:00:00Z`)
}
