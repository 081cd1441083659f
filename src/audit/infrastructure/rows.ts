import type { InferSelectModel } from 'drizzle-orm'
import type { Hash } from '../../shared/domain/sha256.ts'
import { hashesOf } from '../../shared/infrastructure/bytea.ts'
import type { auditHead } from './schema.ts'

type HeadRow = InferSelectModel<typeof auditHead>

export interface Head {
  readonly size: number
  readonly hashes: readonly Hash[]
}

/** Of the one row, or of none. */
export function headOf([row]: readonly HeadRow[]): Head {
  return row ? { size: row.size, hashes: hashesOf(row.range) } : { size: 0, hashes: [] }
}

export function rowOfHead({ size, hashes }: Head): Pick<HeadRow, 'size' | 'range'> {
  return { size, range: Buffer.concat(hashes) }
}
