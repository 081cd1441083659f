import { Counter, type Registry } from 'prom-client'
import { readGauge } from '../../shared/infrastructure/read-gauge.ts'
import type { DeliveryQueue } from '../application/delivery-queue.ts'
import type { Verdict } from '../domain/delivery.ts'

/** Registers the metrics of webhooks. Returns the function that counts the outcomes of requests. */
export function registerWebhookMetrics(registry: Registry, queue: DeliveryQueue): (verdict: Verdict) => void {
  readGauge(
    registry,
    {
      name: 'lottery_webhook_deliveries',
      help: 'Undelivered events of webhooks: not sent yet, failed and to be retried, or parked until an operator redelivers',
      label: 'state',
    },
    async () => ({ ...(await queue.backlog()) }),
  )
  const attempts = new Counter({
    name: 'lottery_webhook_attempts_total',
    help: 'Requests to receivers of webhooks, by their outcome',
    labelNames: ['outcome'],
    registers: [registry],
  })
  return (verdict) => attempts.inc({ outcome: verdict })
}
