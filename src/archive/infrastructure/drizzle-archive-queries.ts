import { desc, eq } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { ArchiveQueries } from '../application/archives.ts'
import type { ArchiveState } from '../domain/archive.ts'
import type { Month } from '../domain/month.ts'
import { archiveOf } from './rows.ts'
import { archives } from './schema.ts'

export class DrizzleArchiveQueries implements ArchiveQueries {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async find(month: Month): Promise<ArchiveState | undefined> {
    const [row] = await this.#db.select().from(archives).where(eq(archives.month, month))
    return row && archiveOf(row)
  }

  async list(): Promise<readonly ArchiveState[]> {
    const rows = await this.#db.select().from(archives).orderBy(desc(archives.month))
    return rows.map(archiveOf)
  }
}
