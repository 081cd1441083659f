import type { Pool } from 'pg'
import { Gauge, type Registry } from 'prom-client'

export function poolMetrics(registry: Registry, pool: Pool): void {
  new Gauge({
    name: 'lottery_database_connections',
    help: 'Connections of the pool by state, and callers waiting for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
}
