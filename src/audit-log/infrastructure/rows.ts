import type { InferSelectModel } from 'drizzle-orm'
import { EMPTY_TREE, type TreeState } from '../../ledger/domain/growing-tree.ts'
import { packHashes, unpackHashes } from '../../ledger/infrastructure/packed-hashes.ts'
import type { auditLogHead } from './schema.ts'

type HeadRow = InferSelectModel<typeof auditLogHead>

/** The tree in the table's one row. Before the first entry, there is no row, and the tree is empty. */
export function treeOf([row]: readonly HeadRow[]): TreeState {
  return row ? { size: row.size, hashes: unpackHashes(row.range) } : EMPTY_TREE
}

export function rowOfTree({ size, hashes }: TreeState): Pick<HeadRow, 'size' | 'range'> {
  return { size, range: packHashes(hashes) }
}
