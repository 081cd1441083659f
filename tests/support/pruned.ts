import type pg from 'pg'
import { PruneEvents } from '../../src/events/application/prune-events.ts'
import { PostgresOldEvents } from '../../src/events/infrastructure/postgres-old-events.ts'
import type { PostgresService } from './postgres-service.ts'

/** Shortest retention that can be set, in days. */
export const RETENTION_DAYS = 30

/** Prunes whole rounds until nothing is left to prune. Returns the number of deleted events. */
export async function prune(pool: pg.Pool): Promise<number> {
  const pruneEvents = new PruneEvents(new PostgresOldEvents(pool), RETENTION_DAYS)
  for (let events = 0; ; ) {
    const { pruned, isMore } = await pruneEvents.execute()
    events += pruned
    if (!isMore) return events
  }
}

/** Lets the retention of all present events end, as if they were published, and prunes them. */
export async function pruneLater(service: PostgresService, pool: pg.Pool): Promise<number> {
  await service.query('update outbox set published_at = clock_timestamp() where published_at is null')
  await service.clock.advance({ days: RETENTION_DAYS, minutes: 1 })
  return prune(pool)
}
