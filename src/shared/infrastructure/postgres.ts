import type { Pool } from 'pg'
import { type Database, pooledDatabase } from './postgres-pool.ts'

/** A PostgreSQL database: its pool for units of work, and its queries outside of them. */
export interface Postgres {
  readonly pool: Pool
  readonly db: Database
}

export function postgresOf(pool: Pool): Postgres {
  return { pool, db: pooledDatabase(pool) }
}
