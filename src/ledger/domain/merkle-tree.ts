import { type Hash, sha256 } from './sha256.ts'

/** Append-only Merkle tree of RFC 6962 section 2.1, by its hashes alone. Leaves count from 0. */

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

/** Root of the tree without leaves. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array())

export function leafHash(entry: Uint8Array): Hash {
  return sha256(LEAF, entry)
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(NODE, left, right)
}

/** Root of a full subtree: the leaves `index * 2^level` up to, not including, `(index + 1) * 2^level`. */
export interface Subtree {
  readonly level: number
  readonly index: number
  readonly hash: Hash
}

/**
 * The state that suffices to append to a tree and to compute its root: the roots of its full subtrees, largest first, one
 * for each set bit of the size. These are 64 hashes at most. Appending a leaf takes less than two hashes on average.
 */
export class CompactRange {
  #size: number
  readonly #hashes: Hash[]

  constructor(size = 0, hashes: readonly Hash[] = []) {
    if (!CompactRange.fits(size, hashes))
      throw new Error(`a tree of ${size} leaves has ${setBits(size)} hashes, not ${hashes.length}`)
    this.#size = size
    this.#hashes = [...hashes]
  }

  /** Whether this many hashes make a tree of this size. */
  static fits(size: number, hashes: readonly Hash[]): boolean {
    return hashes.length === setBits(size)
  }

  get size(): number {
    return this.#size
  }

  get hashes(): readonly Hash[] {
    return [...this.#hashes]
  }

  get root(): Hash {
    const last = this.#hashes.at(-1)
    if (!last) return EMPTY_ROOT
    return this.#hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
  }

  /** Appends a leaf. Calls `filled` with each subtree that the leaf fills, from the leaf itself upwards. */
  append(leaf: Hash, filled: (subtree: Subtree) => void = () => {}): void {
    let [level, index, hash] = [0, this.#size, leaf]
    filled({ level, index, hash })
    while (index % 2 === 1) {
      hash = nodeHash(this.#hashes.pop() as Hash, hash)
      level += 1
      index = (index - 1) / 2
      filled({ level, index, hash })
    }
    this.#hashes.push(hash)
    this.#size += 1
  }
}

/** Hash of the leaves from `start` up to, not including, `end`, as a tree of their own. */
export type RangeHash = (start: number, end: number) => Hash

/** Audit path of a leaf in the tree of `size` leaves, RFC 6962 section 2.1.1. */
export function inclusionProof(leaf: number, size: number, rangeHash: RangeHash): Hash[] {
  const path = (start: number, end: number): Hash[] => {
    if (end - start === 1) return []
    const split = start + splitOf(end - start)
    return leaf < split
      ? [...path(start, split), rangeHash(split, end)]
      : [...path(split, end), rangeHash(start, split)]
  }
  return path(0, size)
}

/** Proof that the tree of `from` leaves is a prefix of that of `to` leaves, RFC 6962 section 2.1.2; 0 < from <= to. */
export function consistencyProof(from: number, to: number, rangeHash: RangeHash): Hash[] {
  const path = (start: number, end: number, isOld: boolean): Hash[] => {
    if (end === from) return isOld ? [] : [rangeHash(start, end)]
    const split = start + splitOf(end - start)
    return from <= split
      ? [...path(start, split, isOld), rangeHash(split, end)]
      : [...path(split, end, false), rangeHash(start, split)]
  }
  return path(0, to, true)
}

/** The root that an audit path leads to (RFC 9162 section 2.1.3.2); undefined when the path has the wrong length. */
export function rootFromInclusion(leaf: Hash, index: number, size: number, proof: readonly Hash[]): Hash | undefined {
  let [node, last, hash] = [index, size - 1, leaf]
  for (const sibling of proof) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else {
      hash = nodeHash(hash, sibling)
    }
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 ? hash : undefined
}

/** The largest power of two below `size`: where RFC 6962 splits a tree. */
export function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function setBits(n: number): number {
  let bits = 0
  for (let rest = n; rest > 0; rest = half(rest)) bits += rest % 2
  return bits
}
