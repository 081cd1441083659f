import type { Pool } from 'pg'
import type { Registry } from 'prom-client'
import { readGauge } from './read-gauge.ts'

export function registerPoolMetrics(registry: Registry, pool: Pool): void {
  readGauge(
    registry,
    {
      name: 'lottery_database_connections',
      help: 'Connections of the pool by state, and callers waiting for one',
      label: 'state',
      isOfProcess: true,
    },
    () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
  )
}
