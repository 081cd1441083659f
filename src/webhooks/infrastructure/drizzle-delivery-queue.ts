import { and, asc, eq, isNull, lt, ne, sql } from 'drizzle-orm'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { recordedEvents } from '../../shared/infrastructure/schema.ts'
import { mintUuid } from '../../shared/infrastructure/uuid.ts'
import { type Backlog, type DeliveryQueue, type DueDelivery, LEASE_MS } from '../application/delivery-queue.ts'
import type { Target } from '../application/webhook-sender.ts'
import type { AttemptResult } from '../domain/delivery.ts'
import { webhookDeliveries as deliveries, webhookSecrets, webhooks } from './schema.ts'

/** Events of the audit log that one step looks at for each webhook. */
const EVENTS = 500
/** Deliveries that one step forgets. */
const FORGOTTEN = 1_000
const NOW = sql`clock_timestamp()`

/** A delivery can be sent when it is pending, its retry is due, and no earlier one of its aggregate is undelivered. */
const IS_DUE = sql`${deliveries.state} = 'pending' and (${deliveries.retryAt} is null or ${deliveries.retryAt} <= ${NOW})
  and not exists (
    select from ${deliveries} earlier
    where earlier.webhook_id = ${deliveries.webhookId} and earlier.aggregate = ${deliveries.aggregate}
      and earlier.audit_index < ${deliveries.auditIndex} and earlier.state <> 'delivered')`

export class DrizzleDeliveryQueue implements DeliveryQueue {
  readonly #db: Database
  readonly #holder = mintUuid()

  constructor(db: Database) {
    this.#db = db
  }

  async enqueue(logSize: number): Promise<boolean> {
    const behind = await this.#db
      .select({ id: webhooks.id, nextIndex: webhooks.nextIndex })
      .from(webhooks)
      .where(and(isNull(webhooks.disabledAt), lt(webhooks.nextIndex, logSize)))
    let isMore = false
    for (const [from, group] of Map.groupBy(behind, ({ nextIndex }) => nextIndex)) {
      const ids = group.map(({ id }) => id)
      if (await this.#take(ids, from)) isMore ||= from + EVENTS < logSize
    }
    return isMore
  }

  async due(): Promise<readonly string[]> {
    const isAnyDue = sql`exists (select from ${deliveries} where ${deliveries.webhookId} = ${webhooks.id} and ${IS_DUE})`
    const rows = await this.#db
      .select({ id: webhooks.id })
      .from(webhooks)
      .where(and(isNull(webhooks.disabledAt), isAnyDue))
    return rows.map(({ id }) => id)
  }

  async hold(webhookId: string): Promise<Target | undefined> {
    const [target] = await this.#db
      .update(webhooks)
      .set({ leaseHolder: this.#holder, leaseExpiresAt: after(LEASE_MS) })
      .from(webhookSecrets)
      .where(
        and(
          eq(webhooks.id, webhookId),
          eq(webhookSecrets.webhookId, webhooks.id),
          isNull(webhooks.disabledAt),
          sql`(${webhooks.leaseHolder} is null or ${webhooks.leaseHolder} = ${this.#holder} or ${webhooks.leaseExpiresAt} < ${NOW})`,
        ),
      )
      .returning({ url: webhooks.url, secret: webhookSecrets.secret })
    return target
  }

  async release(webhookId: string): Promise<void> {
    await this.#db
      .update(webhooks)
      .set({ leaseHolder: null, leaseExpiresAt: null })
      .where(and(eq(webhooks.id, webhookId), eq(webhooks.leaseHolder, this.#holder)))
  }

  async next(webhookId: string, limit: number): Promise<readonly DueDelivery[]> {
    const due = await this.#db
      .select({ index: deliveries.auditIndex, attempts: deliveries.attempts })
      .from(deliveries)
      .where(and(eq(deliveries.webhookId, webhookId), IS_DUE))
      .orderBy(asc(deliveries.auditIndex))
      .limit(limit)
    const indexes = arrayLiteral(due.map(({ index }) => index))
    const rows = await this.#db
      .select()
      .from(recordedEvents)
      .where(sql`${recordedEvents.auditIndex} = any(${indexes}::bigint[])`)
      .orderBy(asc(recordedEvents.auditIndex))
    const attempts = new Map(due.map((delivery) => [delivery.index, delivery.attempts]))
    return rows.map((row) => ({ event: recordedEventOf(row), attempts: attempts.get(row.auditIndex ?? -1) ?? 0 }))
  }

  async markDelivered(webhookId: string, eventId: string, result: AttemptResult): Promise<void> {
    await this.#mark(webhookId, eventId, result, { state: 'delivered', retryAt: null, deliveredAt: NOW })
  }

  async markFailed(webhookId: string, eventId: string, result: AttemptResult, afterMs: number | undefined) {
    const next = afterMs === undefined ? { state: 'parked' as const, retryAt: null } : { retryAt: after(afterMs) }
    await this.#mark(webhookId, eventId, result, next)
  }

  async backlog(): Promise<Backlog> {
    const countWhere = (condition: string) => sql`count(*) filter (where ${sql.raw(condition)})`.mapWith(Number)
    const [backlog] = await this.#db
      .select({
        pending: countWhere(`state = 'pending' and attempts = 0`),
        failed: countWhere(`state = 'pending' and attempts > 0`),
        parked: countWhere(`state = 'parked'`),
      })
      .from(deliveries)
      .innerJoin(webhooks, eq(webhooks.id, deliveries.webhookId))
      .where(and(ne(deliveries.state, 'delivered'), isNull(webhooks.disabledAt)))
    return backlog as Backlog
  }

  async forgetDelivered(days: number): Promise<boolean> {
    const { rowCount } = await this.#db.execute(sql`
      delete from ${deliveries} where ctid = any(array(
        select ctid from ${deliveries}
        where state = 'delivered' and delivered_at < ${NOW} - ${days} * interval '1 day' limit ${FORGOTTEN}))`)
    return rowCount === FORGOTTEN
  }

  /**
   * Makes the deliveries of the events from a place on, for webhooks that are at this place. Events enter the audit log in the
   * order of their places, so a place that was passed never gets an event later. The bounds are values and not columns, so
   * that the view is read by its indexes. A webhook gets no events about itself.
   */
  async #take(ids: readonly string[], from: number): Promise<boolean> {
    const { rowCount } = await this.#db.execute(sql`
      with seen as materialized (
        select id, audit_index, aggregate, type from recorded_events
        where audit_index >= ${from}::bigint and audit_index < ${from + EVENTS}::bigint),
      locked as (
        select id, event_types from webhooks
        where id = any(${arrayLiteral(ids)}::uuid[]) and next_index = ${from} order by id for update),
      made as (
        insert into webhook_deliveries (webhook_id, audit_index, event_id, aggregate, type)
        select locked.id, audit_index, seen.id, aggregate, type from locked cross join seen
        where (event_types is null or type = any(event_types)) and aggregate <> 'webhook/' || locked.id
        on conflict do nothing)
      update webhooks set next_index = passed.last + 1
      from locked cross join (select max(audit_index) as last from seen) passed
      where webhooks.id = locked.id and passed.last is not null`)
    return (rowCount ?? 0) > 0
  }

  async #mark(webhookId: string, eventId: string, { status, error }: AttemptResult, next: object): Promise<void> {
    await this.#db
      .update(deliveries)
      .set({ attempts: sql`${deliveries.attempts} + 1`, lastStatus: status, lastError: error, ...next })
      .where(and(eq(deliveries.webhookId, webhookId), eq(deliveries.eventId, eventId)))
  }
}

function after(ms: number) {
  return sql`${NOW} + ${ms} * interval '1 millisecond'`
}
