import { Counter, Gauge, type Registry } from 'prom-client'
import type { LotteryQueries } from '../application/lottery-queries.ts'

/** Registers what an operator watches at midnight. */
export function lotteryMetrics(
  registry: Registry,
  queries: LotteryQueries,
): {
  beaconAnswers: Counter<'result'>
} {
  new Gauge({
    name: 'lottery_lotteries',
    help: 'Lotteries by status; `overdue` counts those not closed whose day is over. Absent while the database is.',
    labelNames: ['status'],
    registers: [registry],
    async collect() {
      this.reset()
      const counts = await queries.counts().catch(() => undefined)
      for (const [status, count] of Object.entries(counts ?? {})) this.set({ status }, count)
    },
  })
  const beaconAnswers = new Counter({
    name: 'lottery_beacon_answers_total',
    help: 'Answers of beacon relays: verified, forged (or of another round), absent',
    labelNames: ['result'],
    registers: [registry],
  })
  return { beaconAnswers }
}
