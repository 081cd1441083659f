import {
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  nodeHash,
  type RangeHash,
  type Subtree,
  splitOf,
} from './merkle-tree.ts'
import type { Hash } from './sha256.ts'

/** Levels whose full subtrees are stored when they fill: 256 and 65,536 leaves. Other nodes are computed. */
export const STORED_LEVELS = [8, 16] as const

export function isStored({ level }: Subtree): boolean {
  return STORED_LEVELS.some((stored) => stored === level)
}

/** A leaf or stored subtree that a proof needs is missing. */
export class NodeMissing extends Error {}

/** Reads the nodes `from` to `to`, both included, in order. `level` is 0 for leaves, or one of {@link STORED_LEVELS}. */
export type ReadNodes = (level: number, from: number, to: number) => Promise<readonly Subtree[]>

/**
 * Computes proofs about the first `size` leaves of a tree, with a few index reads at any size. A proof is planned first:
 * the recursion that computes it runs once to collect the nodes that it needs. Then they are read together.
 */
export class TreeProofs {
  readonly #read: ReadNodes

  constructor(read: ReadNodes) {
    this.#read = read
  }

  /**
   * RFC 6962 audit path of a leaf; 0 <= index < size. `peaks` are the hashes of the compact range of this size, largest
   * subtree first. A caller that has them saves the reading of the newest leaves.
   */
  async inclusion(index: number, size: number, peaks: readonly Hash[] = []): Promise<{ proof: Hash[]; root: Hash }> {
    const { proofs, root } = await this.inclusions([index], size, peaks)
    return { proof: proofs[0] as Hash[], root }
  }

  /** The audit paths of several leaves, in the order of their indexes. A node that several paths need is read once. */
  async inclusions(
    indexes: readonly number[],
    size: number,
    peaks: readonly Hash[] = [],
  ): Promise<{ proofs: Hash[][]; root: Hash }> {
    const prove = (rangeHash: RangeHash) => ({
      proofs: indexes.map((index) => inclusionProof(index, size, rangeHash)),
      root: rangeHash(0, size),
    })
    return this.#compute(prove, peaksByStart(size, peaks))
  }

  /** RFC 6962 consistency proof between two sizes; from <= to. Every tree begins with the empty one: its proof is empty. */
  async consistency(from: number, to: number): Promise<Hash[]> {
    if (from === 0) return []
    return this.#compute((rangeHash) => consistencyProof(from, to, rangeHash))
  }

  /** Root of the first `size` leaves. */
  async root(size: number): Promise<Hash> {
    if (size === 0) return EMPTY_ROOT
    return this.#compute((rangeHash) => rangeHash(0, size))
  }

  async #compute<T>(compute: (rangeHash: RangeHash) => T, peaks: ReadonlyMap<number, Peak> = new Map()): Promise<T> {
    const wanted = new Map<number, Set<number>>()
    const note = (level: number, index: number) => {
      wanted.set(level, (wanted.get(level) ?? new Set()).add(index))
      return EMPTY_ROOT
    }
    compute(rangeHashOver(note, peaks))

    const hashes = new Map<string, Hash>()
    const runs = [...wanted].flatMap(([level, indexes]) => runsOf([...indexes]).map((run) => ({ level, run })))
    const nodes = await Promise.all(runs.map(({ level, run: [from, to] }) => this.#read(level, from, to)))
    for (const { level, index, hash } of nodes.flat()) hashes.set(`${level}/${index}`, hash)
    const find = (level: number, index: number) => required(hashes.get(`${level}/${index}`), level, index)
    return compute(rangeHashOver(find, peaks))
  }
}

/** A full subtree of a compact range. */
interface Peak {
  readonly leaves: number
  readonly hash: Hash
}

/** The subtrees of a compact range by their first leaf. Without hashes, the result is empty. */
function peaksByStart(size: number, hashes: readonly Hash[]): Map<number, Peak> {
  const peaks = new Map<number, Peak>()
  let start = 0
  for (const hash of hashes) {
    const leaves = splitOf(size - start + 1) // the largest power of two that fits
    peaks.set(start, { leaves, hash })
    start += leaves
  }
  return peaks
}

/**
 * Computes hashes of ranges of leaves from peaks, leaves and stored subtrees. A range of a stored size is a stored
 * subtree, because RFC 6962 splits at powers of two.
 */
function rangeHashOver(node: (level: number, index: number) => Hash, peaks: ReadonlyMap<number, Peak>): RangeHash {
  return function rangeHash(start: number, end: number): Hash {
    const size = end - start
    const peak = peaks.get(start)
    if (peak?.leaves === size) return peak.hash
    const level = [0, ...STORED_LEVELS].find((stored) => size === 2 ** stored)
    if (level !== undefined) return node(level, start / size)
    const split = start + splitOf(size)
    return nodeHash(rangeHash(start, split), rangeHash(split, end))
  }
}

/** Runs of consecutive numbers, each as [first, last]. */
function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === number) run[1] = number
    else runs.push([number, number])
  }
  return runs
}

function required(hash: Hash | undefined, level: number, index: number): Hash {
  if (!hash) throw new NodeMissing(`the ledger has no node ${index} of level ${level}`)
  return hash
}
