import { and, asc, count, eq, gte, isNull, sql } from 'drizzle-orm'
import type { RecordedEvent } from '../../shared/domain/domain-events.ts'
import { arrayLiteral } from '../../shared/infrastructure/array-literal.ts'
import { recordedEventOf } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import { mintUuid } from '../../shared/infrastructure/uuid.ts'
import {
  type DueEvent,
  type Lag,
  LEASE_MS,
  MAX_ATTEMPTS,
  type PublicationQueue,
} from '../application/publication-queue.ts'
import { relayLease } from './schema.ts'

const NOW = sql`clock_timestamp()`

export class DrizzlePublicationQueue implements PublicationQueue {
  readonly #db: Database
  readonly #holder = mintUuid()

  constructor(db: Database) {
    this.#db = db
  }

  async holdLease(): Promise<boolean> {
    const lease = { holder: this.#holder, expiresAt: after(LEASE_MS) }
    const held = await this.#db
      .insert(relayLease)
      .values(lease)
      .onConflictDoUpdate({
        target: relayLease.only,
        set: lease,
        setWhere: sql`${relayLease.holder} = ${this.#holder} or ${relayLease.expiresAt} < ${NOW}`,
      })
      .returning({ holder: relayLease.holder })
    return held.length > 0
  }

  async releaseLease(): Promise<void> {
    await this.#db.delete(relayLease).where(eq(relayLease.holder, this.#holder))
  }

  async due(limit: number): Promise<readonly DueEvent[]> {
    // An event is due when every earlier event of its aggregate is published or due as well.
    const rows = await this.#db
      .select()
      .from(outbox)
      .where(
        and(
          isNull(outbox.publishedAt),
          sql`not exists (
            select from ${outbox} earlier
            where earlier.aggregate = ${outbox.aggregate} and earlier.seq <= ${outbox.seq}
              and earlier.published_at is null and earlier.attempts > 0
              and (earlier.attempts >= ${MAX_ATTEMPTS} or earlier.retry_at > ${NOW}))`,
        ),
      )
      .orderBy(asc(outbox.position))
      .limit(limit)
    return rows.map((row) => ({ ...recordedEventOf(row), attempts: row.attempts }))
  }

  async markPublished(events: readonly RecordedEvent[]): Promise<void> {
    const ids = arrayLiteral(events.map(({ id }) => id))
    await this.#db.update(outbox).set({ publishedAt: NOW }).where(sql`${outbox.id} = any(${ids}::uuid[])`)
  }

  async markRefused({ id }: RecordedEvent, retryAfterMs: number): Promise<void> {
    const refused = { attempts: sql`${outbox.attempts} + 1`, retryAt: after(retryAfterMs) }
    await this.#db.update(outbox).set(refused).where(eq(outbox.id, id))
  }

  async lag(): Promise<Lag> {
    const [lag] = await this.#db
      .select({
        unpublished: count(),
        oldestSeconds: sql<number>`coalesce(extract(epoch from ${NOW} - min(${outbox.occurredAt})), 0)::float8`,
        parked: sql<number>`count(*) filter (where ${gte(outbox.attempts, MAX_ATTEMPTS)})`.mapWith(Number),
      })
      .from(outbox)
      .where(isNull(outbox.publishedAt))
    return lag as Lag
  }
}

function after(ms: number) {
  return sql`${NOW} + ${ms} * interval '1 millisecond'`
}
