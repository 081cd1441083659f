import { and, asc, desc, gt, gte, sql } from 'drizzle-orm'
import type { Database } from '../../shared/infrastructure/postgres-pool.ts'
import type { CosignedCheckpoint, CosignedCheckpoints } from '../application/cosigned-checkpoints.ts'
import { cosignedCheckpoints } from './schema.ts'

const { size, note, cosigners, storedAt } = cosignedCheckpoints
const CHECKPOINT = { size, note, cosigners }

export class DrizzleCosignedCheckpoints implements CosignedCheckpoints {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async add(checkpoint: CosignedCheckpoint): Promise<void> {
    const stored = sql`select from ${cosignedCheckpoints}
      where ${size} = ${checkpoint.size} and ${cosigners} >= ${checkpoint.cosigners}`
    await this.#db.execute(sql`insert into ${cosignedCheckpoints} (size, note, cosigners)
      select ${checkpoint.size}::bigint, ${checkpoint.note}, ${checkpoint.cosigners}::smallint
      where not exists (${stored}) on conflict (size, cosigners) do nothing`)
  }

  async covering(index: number, atLeast: number): Promise<CosignedCheckpoint | undefined> {
    const [row] = await this.#db
      .select(CHECKPOINT)
      .from(cosignedCheckpoints)
      .where(and(gt(size, index), gte(cosigners, atLeast)))
      .orderBy(asc(size), asc(cosigners))
      .limit(1)
    return row
  }

  async newest(): Promise<(CosignedCheckpoint & { storedAt: Date }) | undefined> {
    const [row] = await this.#db
      .select({ ...CHECKPOINT, storedAt })
      .from(cosignedCheckpoints)
      .orderBy(desc(size), desc(cosigners))
      .limit(1)
    return row
  }
}
