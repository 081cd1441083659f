import type { InferSelectModel } from 'drizzle-orm'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { packHashes, unpackHashes } from '../../ledger/infrastructure/packed-hashes.ts'
import type { auditLogHead } from './schema.ts'

type HeadRow = InferSelectModel<typeof auditLogHead>

export interface Head {
  readonly size: number
  readonly hashes: readonly Hash[]
}

/** Of the one row, or of none. */
export function headOf([row]: readonly HeadRow[]): Head {
  return row ? { size: row.size, hashes: unpackHashes(row.range) } : { size: 0, hashes: [] }
}

export function rowOfHead({ size, hashes }: Head): Pick<HeadRow, 'size' | 'range'> {
  return { size, range: packHashes(hashes) }
}
