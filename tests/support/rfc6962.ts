import { createHash } from 'node:crypto'

// The recursions of RFC 6962 sections 2.1 to 2.1.2 as they are written there, and the verification of RFC 9162 section
// 2.1.4.2. This file imports nothing from the service.

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

export const naiveLeaf = (entry: Uint8Array): Buffer => sha256(Buffer.of(0), entry)
export const naiveNode = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.of(1), left, right)

/** A tree over leaf hashes. `start` and `end` mean D[start:end]. Computed hashes are cached. */
export class NaiveTree {
  readonly #leaves: readonly Uint8Array[]
  readonly #known = new Map<number, Uint8Array>()

  constructor(leaves: readonly Uint8Array[]) {
    this.#leaves = leaves
  }

  /** MTH(D[start:end]). */
  hash(start: number, end: number): Uint8Array {
    const n = end - start
    if (n === 0) return sha256()
    if (n === 1) return this.#leaves[start] as Uint8Array
    const key = start * 2 ** 26 + end
    const k = largestPowerOfTwoBelow(n)
    const hash = this.#known.get(key) ?? naiveNode(this.hash(start, start + k), this.hash(start + k, end))
    this.#known.set(key, hash)
    return hash
  }

  /** MTH(D[0:size]). */
  root(size: number): Uint8Array {
    return this.hash(0, size)
  }

  /** PATH(m, D[start:end]). */
  path(m: number, end: number, start = 0): Uint8Array[] {
    const n = end - start
    if (n === 1) return []
    const k = largestPowerOfTwoBelow(n)
    return m < k
      ? [...this.path(m, start + k, start), this.hash(start + k, end)]
      : [...this.path(m - k, end, start + k), this.hash(start, start + k)]
  }

  /** PROOF(m, D[0:n]). */
  proof(m: number, n: number): Uint8Array[] {
    return this.#subproof(m, 0, n, true)
  }

  /** SUBPROOF(m, D[start:end], b). */
  #subproof(m: number, start: number, end: number, b: boolean): Uint8Array[] {
    const n = end - start
    if (m === n) return b ? [] : [this.hash(start, end)]
    const k = largestPowerOfTwoBelow(n)
    return m <= k
      ? [...this.#subproof(m, start, start + k, b), this.hash(start + k, end)]
      : [...this.#subproof(m - k, start + k, end, false), this.hash(start, start + k)]
  }
}

interface Head {
  readonly size: number
  readonly root: Uint8Array
}

/** Verifies a consistency proof by RFC 9162 section 2.1.4.2. */
export function provesConsistency(first: Head, second: Head, proof: readonly Uint8Array[]): boolean {
  if (first.size > second.size) return false
  if (first.size === second.size) return proof.length === 0 && equal(first.root, second.root)
  if (proof.length === 0) return false
  const isPowerOfTwo = Number.isInteger(Math.log2(first.size))
  const [start, ...rest] = isPowerOfTwo ? [first.root, ...proof] : proof
  let [fn, sn] = [first.size - 1, second.size - 1]
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)]
  let [fr, sr] = [start as Uint8Array, start as Uint8Array]
  for (const c of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      ;[fr, sr] = [naiveNode(c, fr), naiveNode(c, sr)]
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      sr = naiveNode(sr, c)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && equal(fr, first.root) && equal(sr, second.root)
}

/** Returns every proof that differs in one step: a byte flipped, an element removed, doubled or swapped, a hash added. */
export function spoiled(proof: readonly Uint8Array[]): Uint8Array[][] {
  const flipped = proof.flatMap((hash, i) =>
    [...hash.keys()].map((at) =>
      proof.with(
        i,
        Uint8Array.from(hash, (byte, k) => (k === at ? byte ^ 1 : byte)),
      ),
    ),
  )
  const changed = proof.flatMap((hash, i) => [
    proof.toSpliced(i, 1),
    proof.toSpliced(i, 0, hash),
    proof.toSpliced(i, 2, ...proof.slice(i, i + 2).reverse()),
  ])
  const longer = [
    [...proof, sha256()],
    [sha256(), ...proof],
  ]
  return [...flipped, ...changed, ...longer].filter((other) => !sameHashes(other, proof))
}

function sameHashes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, i) => equal(hash, b[i] as Uint8Array))
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function largestPowerOfTwoBelow(n: number): number {
  return 2 ** Math.ceil(Math.log2(n) - 1)
}

function half(n: number): number {
  return Math.floor(n / 2)
}
