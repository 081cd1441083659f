import { sql } from 'drizzle-orm'
import type { Pool } from 'pg'
import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import type { OldEvents, Pruned } from '../application/old-events.ts'
import { outboxHorizon } from './schema.ts'

const DAY_MS = 86_400_000
const NOTHING: Pruned = { events: 0, next: undefined }

/** The event of a row, as the audit log holds it. */
const DOCUMENT = sql`jsonb_build_object(
  'id', event.id, 'type', event.type, 'aggregate', event.aggregate, 'seq', event.seq, 'actor', event.actor,
  'request_id', event.request_id, 'data', event.data,
  'occurred_at', to_char(event.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`

export class PostgresOldEvents implements OldEvents {
  readonly #work: UnitOfWork<{ db: Database }>

  constructor(pool: Pool) {
    this.#work = new PostgresUnitOfWork(pool, (db) => ({ db }))
  }

  async prune({ after, limit, days }: Parameters<OldEvents['prune']>[0]): Promise<Pruned> {
    return this.#work.run(async ({ db }) => {
      const tryLock = sql`select pg_try_advisory_xact_lock(hashtext('lottery outbox pruning')) as locked`
      const { rows } = await db.execute<{ locked: boolean }>(tryLock)
      if (!rows[0]?.locked) return NOTHING
      const prunedBefore = new Date((await readClock(db)) - days * DAY_MS)
      const last = await lastOfPage(db, { after, limit, prunedBefore })
      if (last === undefined) return NOTHING
      const events = await deleteCopies(db, { after, last, prunedBefore })
      if (events > 0) await noteHorizon(db, prunedBefore)
      return { events, next: last }
    })
  }
}

/** Index of the last of the next `limit` events of the audit log; undefined when none of them is old enough. */
async function lastOfPage(
  db: Database,
  { after, limit, prunedBefore }: { after: number; limit: number; prunedBefore: Date },
) {
  const { rows } = await db.execute<{ last: string | null }>(sql`
    select max(audit_index)::text as last from (
      select audit_index, occurred_at from ${outbox} where audit_index > ${after} order by audit_index limit ${limit}
    ) page
    having min(occurred_at) < ${prunedBefore.toISOString()}`)
  return rows[0]?.last == null ? undefined : Number(rows[0].last)
}

/** Deletes rows whose entry in the audit log says the same. A row that differs stays, for `npm run check:stored` to find. */
async function deleteCopies(
  db: Database,
  { after, last, prunedBefore }: { after: number; last: number; prunedBefore: Date },
) {
  await db.execute(sql`set local lottery.pruning = 'on'`)
  const { rowCount } = await db.execute(sql`
    delete from ${outbox} event using prunable_entries entry
    where event.audit_index > ${after} and event.audit_index <= ${last}
      and entry.index > ${after} and entry.index <= ${last}
      and event.published_at is not null and event.occurred_at < ${prunedBefore.toISOString()}
      and entry.index = event.audit_index and entry.id = event.id and entry.event = ${DOCUMENT}`)
  return rowCount ?? 0
}

async function noteHorizon(db: Database, prunedBefore: Date): Promise<void> {
  await db
    .insert(outboxHorizon)
    .values({ prunedBefore })
    .onConflictDoUpdate({
      target: outboxHorizon.only,
      set: { prunedBefore: sql`greatest(${outboxHorizon.prunedBefore}, excluded.pruned_before)` },
    })
}
