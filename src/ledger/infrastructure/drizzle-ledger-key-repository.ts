import type { Pool } from 'pg'
import type { UnitOfWork } from '../../shared/application/unit-of-work.ts'
import type { Instant } from '../../shared/domain/instant.ts'
import { readClock } from '../../shared/infrastructure/database-clock.ts'
import { addToOutbox } from '../../shared/infrastructure/drizzle-outbox.ts'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { PostgresUnitOfWork } from '../../shared/infrastructure/postgres-unit-of-work.ts'
import type { LedgerKey, LedgerKeyRepos, LedgerKeyRepository } from '../domain/ledger-key.ts'
import { ledgerKey } from './schema.ts'

export function drizzleLedgerKeyWork(pool: Pool): UnitOfWork<LedgerKeyRepos> {
  return new PostgresUnitOfWork(pool, (db) => ({ ledgerKeys: new DrizzleLedgerKeyRepository(db) }))
}

class DrizzleLedgerKeyRepository implements LedgerKeyRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async now(): Promise<Instant> {
    return readClock(this.#db)
  }

  async add(key: LedgerKey): Promise<void> {
    const row = { verifierKey: key.verifierKey, firstUsedAt: new Date(key.firstUsedAt) }
    const added = await this.#db.insert(ledgerKey).values(row).onConflictDoNothing().returning()
    if (added.length > 0) await addToOutbox(this.#db, key.takeEvents())
  }

  async verifierKey(): Promise<string | undefined> {
    const [row] = await this.#db.select().from(ledgerKey)
    return row?.verifierKey
  }
}
