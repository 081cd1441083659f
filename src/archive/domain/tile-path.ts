/** Levels of the tree that one tile spans. */
export const TILE_HEIGHT = 8
/** Hashes of a full tile, and entries of a full bundle. */
export const TILE_WIDTH = 2 ** TILE_HEIGHT
export const HASH_BYTES = 32

/** Stands for the level of bundles of entries. */
export const BUNDLE = 'entries'

/**
 * Path of a tile, or of a bundle, of C2SP tlog-tiles: `tile/<level>/<index>`, with `.p/<width>` after it when it is partial. The
 * index is written in groups of three digits, each but the last after an `x`: 1234067 is `x001/x234/067`.
 */
export function tilePath(level: number | typeof BUNDLE, index: number, width: number): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  const path = groups.map((group, n) => (n < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`
}

/** Number of hashes, or of entries, in a tile of a tree of `size` leaves. */
export function tileWidth(level: number | typeof BUNDLE, index: number, size: number): number {
  const count = level === BUNDLE ? size : Math.floor(size / TILE_WIDTH ** level)
  return Math.min(TILE_WIDTH, count - index * TILE_WIDTH)
}
