import type { Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { LotteryQueries } from '../application/lottery-queries.ts'

export function registerLotteryMetrics(registry: Registry, queries: LotteryQueries): void {
  readGauge(
    registry,
    {
      name: 'lottery_lotteries',
      help: 'Lotteries by status. `overdue` counts those not closed whose day is over. Absent while the database is.',
      label: 'status',
    },
    () => queries.counts(),
  )
}
