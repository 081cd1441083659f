import { CompactRange, leafHash } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { BUNDLE, TILE_HEIGHT, TILE_WIDTH, tilePath } from './tile-path.ts'

/** An object below the folder of its ledger. */
export interface LedgerObject {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * Makes the objects of a ledger as C2SP tlog-tiles from its entries: bundles of 256 entries, and tiles of 256 hashes of each
 * level. It holds one bundle, and one tile of each level.
 */
export class LedgerObjects {
  readonly #tree = new CompactRange()
  readonly #open = new Map<number | typeof BUNDLE, { index: number; rows: Uint8Array[] }>()

  get size(): number {
    return this.#tree.size
  }

  get root(): Hash {
    return this.#tree.root
  }

  /** Adds an entry, and returns the objects that it fills. */
  add(entry: Uint8Array): LedgerObject[] {
    const filled = this.#push(BUNDLE, withLength(entry))
    this.#tree.append(leafHash(entry), ({ level, hash }) => {
      if (level % TILE_HEIGHT === 0) filled.push(...this.#push(level / TILE_HEIGHT, hash))
    })
    return filled
  }

  /** Returns the partial objects at the right edge. Nothing can be added afterwards. */
  end(): LedgerObject[] {
    return [...this.#open].flatMap(([kind, { index, rows }]) => (rows.length > 0 ? [objectOf(kind, index, rows)] : []))
  }

  #push(kind: number | typeof BUNDLE, row: Uint8Array): LedgerObject[] {
    const open = this.#open.get(kind) ?? { index: 0, rows: [] }
    open.rows.push(row)
    const isFull = open.rows.length === TILE_WIDTH
    this.#open.set(kind, isFull ? { index: open.index + 1, rows: [] } : open)
    return isFull ? [objectOf(kind, open.index, open.rows)] : []
  }
}

function objectOf(kind: number | typeof BUNDLE, index: number, rows: readonly Uint8Array[]): LedgerObject {
  return { path: tilePath(kind, index, rows.length), bytes: Buffer.concat(rows) }
}

function withLength(entry: Uint8Array): Uint8Array {
  const row = Buffer.allocUnsafe(2 + entry.length)
  row.writeUInt16BE(entry.length, 0)
  row.set(entry, 2)
  return row
}
