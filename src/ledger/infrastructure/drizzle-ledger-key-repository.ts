import type { Pool } from 'pg'
import { CAUSED_BY_SERVICE } from '../../shared/domain/cause.ts'
import { DomainEvents } from '../../shared/domain/domain-events.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import { ledgerKey } from '../../shared/infrastructure/schema.ts'

/**
 * Binds the database to the key of its first checkpoints: who held a key against the service must find it again.
 * @throws Error when the database's checkpoints are signed with another key, or under another name
 */
export async function requireLedgerKey(pool: Pool, verifierKey: string): Promise<void> {
  const kept = await new PostgresUnitOfWork(pool, (db) => ({ db })).run(({ db }) => keepFirst(db, verifierKey))
  if (kept === verifierKey) return
  throw new Error(
    `The ledgers of this database are signed by ${kept}, not by ${verifierKey}: ` +
      'set LEDGER_NAME and LEDGER_SIGNING_KEY to what they were, the same on all replicas',
  )
}

/** The key that the database is bound to, which is this one if there was none. */
async function keepFirst(db: Database, verifierKey: string): Promise<string | undefined> {
  const at = await readClock(db)
  const first = { verifierKey, firstUsedAt: new Date(at) }
  const added = await db.insert(ledgerKey).values(first).onConflictDoNothing().returning()
  if (added.length > 0) await addToOutbox(db, keyUsed(verifierKey, at))
  const [kept] = await db.select().from(ledgerKey)
  return kept?.verifierKey
}

function keyUsed(verifierKey: string, at: Instant) {
  const [name, keyId] = verifierKey.split('+')
  const events = new DomainEvents(`ledger-key/${name}+${keyId}`, 0)
  events.record('ledger.key_used.v1', at, CAUSED_BY_SERVICE, { verifier_key: verifierKey })
  return events.take()
}
