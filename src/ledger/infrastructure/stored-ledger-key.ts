import { sql } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { outbox } from '../../shared/infrastructure/schema.ts'
import type { StoredLedgerKey } from '../application/check-ledger-key.ts'
import { ledgerKey } from './schema.ts'

interface Row {
  readonly verifierKey: string | null
  readonly firstUsedAt: string | null
  readonly events: readonly { aggregate: string; seq: number; verifierKey: unknown; occurredAt: string }[]
}

/** Reads the ledger key and the events of ledger keys in one statement. */
export async function readStoredLedgerKey(db: Database): Promise<StoredLedgerKey> {
  const { rows } = await db.execute<Row & Record<string, unknown>>(sql`
    select
      (select verifier_key from ${ledgerKey}) as "verifierKey",
      (select to_json(first_used_at) #>> '{}' from ${ledgerKey}) as "firstUsedAt",
      (select coalesce(json_agg(json_build_object('aggregate', aggregate, 'seq', seq, 'occurredAt', occurred_at,
        'verifierKey', data -> 'verifier_key') order by aggregate, seq), '[]')
       from ${outbox} where starts_with(aggregate, 'ledger-key/')) as events`)
  const { verifierKey, firstUsedAt, events } = rows[0] as Row
  const hasKey = verifierKey !== null && firstUsedAt !== null
  return {
    key: hasKey ? { verifierKey, firstUsedAt: Date.parse(firstUsedAt) } : undefined,
    events: events.map((event) => ({ ...event, occurredAt: Date.parse(event.occurredAt) })),
  }
}
