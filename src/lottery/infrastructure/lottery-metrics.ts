import type { Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { LotteryQueries } from '../application/lottery-queries.ts'
import { CalendarDate } from '../domain/calendar-date.ts'

export function registerLotteryMetrics(registry: Registry, queries: LotteryQueries): void {
  readGauge(
    registry,
    {
      name: 'lottery_lotteries',
      help: 'Lotteries by status; `overdue`: not closed although the day is over. Absent while the database is unavailable.',
      label: 'status',
    },
    () => queries.counts(),
  )
  readGauge(
    registry,
    {
      name: 'lottery_lotteries_oldest_overdue_timestamp_seconds',
      help: 'End of the day of the oldest overdue lottery, in seconds since 1970; 0 when none is overdue',
    },
    async () => {
      const [oldest] = (await queries.due()).dates
      return oldest === undefined ? 0 : CalendarDate.endOf(oldest) / 1000
    },
  )
}
