import type { DomainEvent, RecordedEvent } from '../domain/domain-events.ts'
import type { Database } from './postgres-pool.ts'
import { outbox, type recordedEvents } from './schema.ts'
import { mintUuid } from './uuid.ts'

/** Stores events in the caller's transaction. */
export async function addToOutbox(db: Database, events: readonly DomainEvent[]): Promise<void> {
  if (events.length === 0) return
  await db.insert(outbox).values(
    events.map(({ aggregate, seq, type, data, occurredAt, cause }) => ({
      id: mintUuid(),
      aggregate,
      seq,
      type,
      data,
      occurredAt: new Date(occurredAt),
      actor: cause.actor,
      requestId: cause.requestId,
    })),
  )
}

export function recordedEventOf(row: Omit<typeof recordedEvents.$inferSelect, 'auditIndex'>): RecordedEvent {
  const { id, aggregate, seq, type, data, occurredAt, actor, requestId } = row
  return { id, aggregate, seq, type, data, occurredAt: occurredAt.getTime(), cause: { actor, requestId } }
}
