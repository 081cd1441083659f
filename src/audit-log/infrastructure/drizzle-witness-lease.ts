import { eq, sql } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import { mintUuid } from '../../shared/infrastructure/uuid.ts'
import { WITNESS_LEASE_MS, type WitnessLease } from '../application/witness.ts'
import { witnessLease } from './schema.ts'

const NOW = sql`clock_timestamp()`

export class DrizzleWitnessLease implements WitnessLease {
  readonly #db: Database
  readonly #holder = mintUuid()

  constructor(db: Database) {
    this.#db = db
  }

  async hold(): Promise<boolean> {
    const lease = { holder: this.#holder, expiresAt: sql`${NOW} + ${WITNESS_LEASE_MS} * interval '1 millisecond'` }
    const held = await this.#db
      .insert(witnessLease)
      .values(lease)
      .onConflictDoUpdate({
        target: witnessLease.only,
        set: lease,
        setWhere: sql`${witnessLease.holder} = ${this.#holder} or ${witnessLease.expiresAt} < ${NOW}`,
      })
      .returning({ holder: witnessLease.holder })
    return held.length > 0
  }

  async release(): Promise<void> {
    await this.#db.delete(witnessLease).where(eq(witnessLease.holder, this.#holder))
  }
}
