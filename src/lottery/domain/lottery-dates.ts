import type { Instant } from '../../shared/domain/instant.ts'
import { CalendarDate } from './calendar-date.ts'
import { LotteryDatePast, LotteryDateTooFar } from './errors.ts'

/** Days ahead of today that a lottery can be opened for, unless the configuration says otherwise. */
export const DAYS_AHEAD = 366

/** @throws LotteryDatePast | LotteryDateTooFar unless a lottery of this date can be opened at this moment */
export function requireDateOpenable(date: CalendarDate, at: Instant, daysAhead = DAYS_AHEAD): void {
  const today = CalendarDate.of(at)
  const last = CalendarDate.addDays(today, daysAhead)
  if (date < today) throw new LotteryDatePast(date, today)
  if (date > last) throw new LotteryDateTooFar(date, last)
}
