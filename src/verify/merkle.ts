/** Merkle trees of RFC 6962, section 2.1. */
import { sha256 } from './crypto.ts'
import { bytesOf, concat, hexOf } from './primitives.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

export function leaf(entry: Uint8Array): Uint8Array {
  return sha256(concat(LEAF, entry))
}

export function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(NODE, left, right))
}

/** Tree to which leaves are added. It keeps one hash for each set bit of its size. */
export class Tree {
  size: number
  readonly #peaks: { readonly height: number; readonly hash: Uint8Array }[]

  /** Goes on from a size and its compact range. The default is the empty tree. */
  constructor(size = 0, range: readonly Uint8Array[] = []) {
    const bits = size.toString(2)
    const heights = bits.split('').flatMap((bit, i) => (bit === '1' ? [bits.length - 1 - i] : []))
    if (heights.length !== range.length) throw new RangeError(`${range.length} hashes are no range of size ${size}`)
    this.size = size
    this.#peaks = heights.map((height, i) => ({ height, hash: range[i] as Uint8Array }))
  }

  /** Compact range: the hash of each set bit of the size, the highest bit first. */
  get range(): Uint8Array[] {
    return this.#peaks.map(({ hash }) => hash)
  }

  add(leafHash: Uint8Array): void {
    let top = { height: 0, hash: leafHash }
    for (let last = this.#peaks.at(-1); last?.height === top.height; last = this.#peaks.at(-1)) {
      this.#peaks.pop()
      top = { height: top.height + 1, hash: node(last.hash, top.hash) }
    }
    this.#peaks.push(top)
    this.size += 1
  }

  /** Root in hex. */
  root(): string {
    const [first, ...rest] = this.range.reverse()
    return hexOf(first ? rest.reduce((right, left) => node(left, right), first) : sha256(new Uint8Array()))
  }
}

/** A tree that remembers its root at chosen sizes. */
export class WatchedTree {
  readonly #tree = new Tree()
  readonly #sizes: ReadonlySet<number>
  readonly #roots = new Map<number, string>()

  constructor(sizes: Iterable<number>) {
    this.#sizes = new Set(sizes)
    if (this.#sizes.has(0)) this.#roots.set(0, this.#tree.root())
  }

  get size(): number {
    return this.#tree.size
  }

  add(leafHash: Uint8Array): void {
    this.#tree.add(leafHash)
    if (this.#sizes.has(this.#tree.size)) this.#roots.set(this.#tree.size, this.#tree.root())
  }

  /** Root in hex at a chosen size, or now. Undefined when the tree has not reached that size. */
  root(size = this.#tree.size): string | undefined {
    return size === this.#tree.size ? this.#tree.root() : this.#roots.get(size)
  }
}

/**
 * Root in hex that a leaf and its audit path give, by the recursion of section 2.1.1 in reverse. Undefined when the path
 * does not fit the index and the size.
 */
export function rootOfPath(
  leafHash: Uint8Array,
  index: number,
  size: number,
  path: readonly string[],
): string | undefined {
  if (index < 0 || index >= size || path.length > 64) return undefined
  const root = climb(leafHash, index, size, path.map(bytesOf))
  return root && hexOf(root)
}

function climb(leafHash: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array | undefined {
  if (size === 1) return path.length === 0 ? leafHash : undefined
  const sibling = path.at(-1)
  if (!sibling) return undefined
  let split = 1
  while (split * 2 < size) split *= 2
  const rest = path.slice(0, -1)
  const isLeft = index < split
  const below = isLeft ? climb(leafHash, index, split, rest) : climb(leafHash, index - split, size - split, rest)
  return below && (isLeft ? node(below, sibling) : node(sibling, below))
}
