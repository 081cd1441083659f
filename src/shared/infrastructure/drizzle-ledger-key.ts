import { sql } from 'drizzle-orm'
import type { Database } from './postgres-pool.ts'
import { ledgerKey } from './schema.ts'

/**
 * Binds the database to the key of its first checkpoints: who held a key against the service must find it again.
 * @throws Error when the database's checkpoints are signed with another key, or under another name
 */
export async function requireLedgerKey(db: Database, verifierKey: string): Promise<void> {
  await db.insert(ledgerKey).values({ verifierKey, firstUsedAt: sql`clock_timestamp()` }).onConflictDoNothing()
  const [kept] = await db.select().from(ledgerKey)
  if (kept?.verifierKey === verifierKey) return
  throw new Error(
    `The ledgers of this database are signed by ${kept?.verifierKey}, not by ${verifierKey}: ` +
      'set LEDGER_NAME and LEDGER_SIGNING_KEY to what they were, the same on all replicas',
  )
}
