import type { RecordedEvent } from '../../src/shared/domain/domain-events.ts'
import { DeliverEvents } from '../../src/webhooks/application/deliver-events.ts'
import type { DeliveryQueue } from '../../src/webhooks/application/delivery-queue.ts'
import { DisableWebhook } from '../../src/webhooks/application/disable-webhook.ts'
import type { Target, WebhookSender } from '../../src/webhooks/application/webhook-sender.ts'
import type { AttemptResult } from '../../src/webhooks/domain/delivery.ts'
import { postgresWebhooks } from '../../src/webhooks/infrastructure/postgres-webhooks.ts'
import { CAUSE } from './builders.ts'
import { PostgresService, type Replica } from './postgres-service.ts'

/** A receiver in memory. It answers 204 unless told otherwise. */
class MemoryReceiver implements WebhookSender {
  readonly received: RecordedEvent[] = []
  /** Statuses that events are answered with, by their ids. */
  readonly statuses = new Map<string, number>()
  /** Status of all others. */
  statusOfAll = 204
  /** Awaited before an event is answered. */
  beforeAnswer: (target: Target) => Promise<unknown> = async () => {}

  async send(target: Target, event: RecordedEvent): Promise<AttemptResult> {
    this.received.push(event)
    await this.beforeAnswer(target)
    return { status: this.statuses.get(event.id) ?? this.statusOfAll, error: null }
  }

  async close(): Promise<void> {}

  /** Sequence numbers that arrived, by aggregate, in their order. */
  seqs(): Record<string, number[]> {
    const byAggregate = Map.groupBy(this.received, ({ aggregate }) => aggregate.replace(/#.*$/, ''))
    return Object.fromEntries([...byAggregate].map(([key, events]) => [key, events.map(({ seq }) => seq)]))
  }
}

/** Webhooks on a test database, with a receiver in memory and no loop: each step is a call. */
export class WebhookStage {
  readonly service: PostgresService
  readonly replica: Replica
  readonly queue: DeliveryQueue
  readonly disableWebhook: DisableWebhook
  receiver = new MemoryReceiver()
  deliverEvents: DeliverEvents
  #run = 0

  private constructor(service: PostgresService, replica: Replica) {
    this.service = service
    this.replica = replica
    const { queue, unitOfWork } = postgresWebhooks(replica.pool)
    this.queue = queue
    this.disableWebhook = new DisableWebhook(unitOfWork)
    this.deliverEvents = this.deliverEventsOf(queue)
  }

  static async open(): Promise<WebhookStage> {
    const service = await PostgresService.open('2031-05-14T12:00:00Z')
    return new WebhookStage(service, await service.replica(4))
  }

  /** Begins a test: without webhooks, with a new receiver, and with aggregates of its own. */
  async reset(): Promise<void> {
    this.#run += 1
    this.receiver = new MemoryReceiver()
    this.deliverEvents = this.deliverEventsOf(this.queue)
    await this.service.query('delete from webhooks')
    await this.replica.auditLog.sequenceNow()
  }

  /** Records the next `count` events of an aggregate in the audit log. Returns their ids. */
  async record(aggregate: string, count = 1, type = 'user.banned.v1'): Promise<string[]> {
    const rows = await this.service.query<{ id: string }>(
      `insert into outbox (aggregate, seq, id, type, data, actor, occurred_at)
       select $1, last + n, gen_random_uuid(), $3, '{}', 'anonymous', date_trunc('milliseconds', test_clock.clock_timestamp())
       from (select coalesce(max(seq), 0) as last from outbox where aggregate = $1), generate_series(1, $2::int) n
       order by n returning id`,
      [`${aggregate}#${this.#run}`, count, type],
    )
    await this.replica.auditLog.sequenceNow()
    return rows.map(({ id }) => id)
  }

  /** A sender of the deliveries of a queue to the receiver of this test. */
  deliverEventsOf(queue: DeliveryQueue): DeliverEvents {
    return new DeliverEvents({ queue, sender: this.receiver, disableWebhook: this.disableWebhook, random: () => 0 })
  }

  async subscribe(eventTypes: readonly string[] | null = null): Promise<string> {
    const wanted = { url: 'https://receiver.example/hook', eventTypes }
    return (await this.replica.webhooks.subscribe.execute(wanted, CAUSE)).webhook.id
  }

  /** Takes all events. */
  async enqueue(by = this.queue): Promise<void> {
    while (await by.enqueue(await this.replica.auditLog.size()));
  }

  /** Takes all events, and sends until nothing is due. */
  async drain(by = this.deliverEvents): Promise<void> {
    await this.enqueue()
    for (const id of await this.queue.due()) while ((await by.execute(id)).length > 0);
  }

  /** State and attempts of each delivery of a webhook, in the order of the audit log. */
  async states(id: string): Promise<string[]> {
    const deliveries = await this.replica.webhooks.manageWebhooks.deliveries(id, { limit: 100 })
    return deliveries.map(({ state, attempts }) => `${state} ${attempts}`).reverse()
  }
}
