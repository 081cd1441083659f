import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import { ledgerKey } from '../domain/object-keys.ts'
import { BUNDLE, HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, tilePath, tileWidth } from '../domain/tile-path.ts'
import type { ObjectStore } from './object-store.ts'

const LENGTH_BYTES = 2

/** An entry of a ledger, and the ordinal of its ballot. */
export interface PlacedEntry {
  readonly ordinal: number
  readonly entry: Uint8Array
}

/**
 * Reads the tiles of archived ledgers. What is asked for lies within the size of the ledger. Methods throw ArchiveUnavailable |
 * ObjectMissing, and Error for a tile that lacks items.
 */
export class LedgerTiles {
  readonly #store: Pick<ObjectStore, 'get'>

  constructor(store: Pick<ObjectStore, 'get'>) {
    this.#store = store
  }

  /** Returns the entries of the ordinals `from` to `to`, both included, of a ledger of `size` entries. */
  async entries(date: string, size: number, from: number, to: number): Promise<readonly PlacedEntry[]> {
    const entries = await this.#read(date, BUNDLE, size, from - 1, to - 1)
    return entries.map((entry, n) => ({ ordinal: from + n, entry }))
  }

  /** Returns the roots of full subtrees of 2^level leaves, 8 or 16 high, of the indexes `from` to `to`, both included. */
  async subtrees(date: string, size: number, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    const hashes = await this.#read(date, level / TILE_HEIGHT, size, from, to)
    return hashes.map((hash, n) => ({ level, index: from + n, hash }))
  }

  /** Reads the items `from` to `to` of a level, both included: entries or hashes. The tiles are requested together. */
  async #read(date: string, level: number | typeof BUNDLE, size: number, from: number, to: number) {
    const first = Math.floor(from / TILE_WIDTH)
    const indexes: number[] = []
    for (let index = first; index * TILE_WIDTH <= to; index += 1) indexes.push(index)
    const tiles = await Promise.all(indexes.map((index) => this.#tile(date, level, index, size)))
    return tiles.flat().slice(from - first * TILE_WIDTH, to - first * TILE_WIDTH + 1)
  }

  async #tile(date: string, level: number | typeof BUNDLE, index: number, size: number): Promise<Uint8Array[]> {
    const width = tileWidth(level, index, size)
    const key = `${ledgerKey(date)}/${tilePath(level, index, width)}`
    const bytes = await this.#store.get(key)
    const items = level === BUNDLE ? entriesOf(bytes) : hashesOf(bytes)
    if (items.length !== width) throw new Error(`${key} holds ${items.length} items, not ${width}`)
    return items
  }
}

/** Entries of a bundle. What follows an incomplete entry is left out. */
export function entriesOf(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength)
  const entries: Uint8Array[] = []
  for (let at = 0; at + LENGTH_BYTES <= bundle.length; ) {
    const end = at + LENGTH_BYTES + view.getUint16(at)
    if (end > bundle.length) break
    entries.push(bundle.subarray(at + LENGTH_BYTES, end))
    at = end
  }
  return entries
}

function hashesOf(tile: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at + HASH_BYTES <= tile.length; at += HASH_BYTES) hashes.push(tile.subarray(at, at + HASH_BYTES))
  return hashes
}
