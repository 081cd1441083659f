import type { Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { LotteryQueries } from '../application/lottery-queries.ts'

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
}
