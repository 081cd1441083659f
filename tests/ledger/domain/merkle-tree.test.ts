import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  CompactRange,
  consistencyProof,
  inclusionProof,
  leafHash,
  rootFromInclusion,
  type Subtree,
} from '../../../src/ledger/domain/merkle-tree.ts'
import { STORED_LEVELS } from '../../../src/ledger/domain/tree-proofs.ts'
import type { Ballot, BallotId } from '../../../src/lottery/domain/ballot.ts'
import { ledgerEntryOf } from '../../../src/lottery/domain/ledger-entry.ts'
import { type LedgerEntry, type LedgerNodes, LedgerProofs } from '../../../src/lottery/domain/ledger-proofs.ts'
import { NaiveTree, naiveLeaf, provesConsistency, sha256, spoiled } from '../../support/rfc6962.ts'
import { ENTRY, hexOf } from '../../support/vectors.ts'

vi.setConfig({ testTimeout: 30_000 })

const LEAVES = Array.from({ length: 300 }, (_, i) => naiveLeaf(Buffer.from(`entry ${i}`)))
const TREE = new NaiveTree(LEAVES)
const size = fc.integer({ min: 1, max: LEAVES.length })
const leafInSize = size.chain((n) => fc.record({ n: fc.constant(n), leaf: fc.integer({ min: 0, max: n - 1 }) }))
const twoSizes = size.chain((to) => fc.record({ to: fc.constant(to), from: fc.integer({ min: 1, max: to }) }))
const rangeHash = (start: number, end: number) => TREE.hash(start, end)

/** Ballots and stored subtrees in arrays, with counts of reads and of rows read. */
class CountedNodes implements LedgerNodes {
  readonly ballots: Ballot[] = []
  readonly #stored = new Map<number, Subtree[]>(STORED_LEVELS.map((level) => [level, []]))
  reads = 0
  rows = 0

  keep(subtree: Subtree): void {
    this.#stored.get(subtree.level)?.push(subtree)
  }

  forget(): void {
    this.reads = 0
    this.rows = 0
  }

  async entries(_: string, from: number, to: number): Promise<readonly LedgerEntry[]> {
    const ballots = this.#counted(this.ballots.slice(from - 1, to))
    return ballots.map((ballot) => ({ ordinal: ballot.ordinal, entry: ledgerEntryOf(ballot) }))
  }

  async subtrees(_: string, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    return this.#counted((this.#stored.get(level) ?? []).slice(from, to + 1))
  }

  #counted<T>(rows: readonly T[]): readonly T[] {
    this.reads += 1
    this.rows += rows.length
    return rows
  }
}

describe('a growing tree', () => {
  it('has the root of RFC 6962 at every size', () => {
    const range = new CompactRange()

    const roots = [hexOf(range.root)]
    for (const leaf of LEAVES) {
      range.append(leaf)
      roots.push(hexOf(range.root))
    }

    expect(roots).toEqual(Array.from({ length: LEAVES.length + 1 }, (_, n) => hexOf(TREE.root(n))))
  })

  it('hashes a leaf as RFC 6962 does, never as a node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (entry) => {
        expect(hexOf(leafHash(entry))).toBe(hexOf(naiveLeaf(entry)))
      }),
    )
  })

  it('continues from its stored state at any size', () => {
    fc.assert(
      fc.property(twoSizes, ({ from, to }) => {
        const before = grown(LEAVES.slice(0, from))
        const stored = { size: before.size, hashes: before.hashes.map((hash) => Uint8Array.from(hash)) }

        const after = grown(LEAVES.slice(from, to), new CompactRange(stored.size, stored.hashes))

        expect(after.size).toBe(to)
        expect(hexOf(after.root)).toBe(hexOf(TREE.root(to)))
      }),
    )
  })

  it('is stored in one hash for every set bit of its size', () => {
    for (let n = 0; n <= LEAVES.length; n += 1) {
      const ones = n.toString(2).replaceAll('0', '').length
      expect(grown(LEAVES.slice(0, n)).hashes).toHaveLength(ones)
    }
  })

  it('refuses to be restored from hashes that do not fit its size', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 12 }), (n, count) => {
        fc.pre(count !== n.toString(2).replaceAll('0', '').length)
        expect(() => new CompactRange(n, Array(count).fill(sha256()))).toThrow(`a tree of ${n} leaves`)
      }),
    )
  })

  it('cannot be changed through the hashes that it returns', () => {
    const given = [sha256()]
    const range = new CompactRange(1, given)
    const root = hexOf(range.root)

    range.append(sha256())
    ;(range.hashes as Uint8Array[]).length = 0

    expect(given).toHaveLength(1)
    expect(range.hashes).toHaveLength(1)
    expect(hexOf(range.root)).not.toBe(root)
  })

  it('reports every full subtree once, when it fills, and no other', () => {
    fc.assert(
      fc.property(twoSizes, ({ from, to }) => {
        const filled: Subtree[] = []
        const range = grown(LEAVES.slice(0, from), new CompactRange(), (subtree) => filled.push(subtree))
        grown(LEAVES.slice(from, to), new CompactRange(from, range.hashes), (subtree) => filled.push(subtree))

        const expected: string[] = []
        for (let width = 1, level = 0; width <= to; width *= 2, level += 1) {
          for (let index = 0; (index + 1) * width <= to; index += 1) {
            expected.push(`${level}/${index} ${hexOf(TREE.hash(index * width, (index + 1) * width))}`)
          }
        }
        const reported = filled.map(({ level, index, hash }) => `${level}/${index} ${hexOf(hash)}`)
        expect(reported.toSorted()).toEqual(expected.toSorted())
        expect(filled.map(({ level, index }) => (index + 1) * 2 ** level)).toEqual(
          filled.map(({ level, index }) => (index + 1) * 2 ** level).toSorted((a, b) => a - b),
        )
      }),
      { numRuns: 30 },
    )
  })
})

describe('an inclusion proof', () => {
  it('is the audit path of RFC 6962, and leads to the root', () => {
    fc.assert(
      fc.property(leafInSize, ({ n, leaf }) => {
        const proof = inclusionProof(leaf, n, rangeHash)

        expect(proof.map(hexOf)).toEqual(TREE.path(leaf, n).map(hexOf))
        expect(rootHex(leaf, n, proof)).toBe(hexOf(TREE.root(n)))
      }),
      { numRuns: 500 },
    )
  })

  it('is right for every leaf of every size up to 40', () => {
    for (let n = 1; n <= 40; n += 1) {
      for (let leaf = 0; leaf < n; leaf += 1) {
        expect(rootHex(leaf, n, inclusionProof(leaf, n, rangeHash))).toBe(hexOf(TREE.root(n)))
      }
    }
  })

  it('proves nothing after a byte is flipped or an element is dropped, added or swapped', () => {
    fc.assert(
      fc.property(leafInSize, ({ n, leaf }) => {
        const proof = inclusionProof(leaf, n, rangeHash)

        for (const other of spoiled(proof)) expect(rootHex(leaf, n, other)).not.toBe(hexOf(TREE.root(n)))
      }),
      { numRuns: 40 },
    )
  })

  it('proves no other leaf', () => {
    for (const n of [1, 2, 3, 7, 8, 21]) {
      for (let leaf = 0; leaf < n; leaf += 1) {
        const proof = inclusionProof(leaf, n, rangeHash)
        for (let other = 0; other < n; other += 1) {
          if (other === leaf) continue
          expect(rootHex(other, n, proof)).not.toBe(hexOf(TREE.root(n)))
          const moved = rootFromInclusion(LEAVES[leaf] as Uint8Array, other, n, proof)
          expect(moved && hexOf(moved)).not.toBe(hexOf(TREE.root(n)))
        }
      }
    }
  })

  it('proves nothing about a tree of another size', () => {
    for (let n = 1; n <= 21; n += 1) {
      for (let leaf = 0; leaf < n; leaf += 1) {
        const proof = inclusionProof(leaf, n, rangeHash)
        for (let other = leaf + 1; other <= 24; other += 1) {
          if (other !== n) expect(rootHex(leaf, other, proof)).not.toBe(hexOf(TREE.root(other)))
        }
      }
    }
  })
})

describe('a consistency proof', () => {
  it('is the proof of RFC 6962, and holds between the two roots', () => {
    fc.assert(
      fc.property(twoSizes, ({ from, to }) => {
        const proof = consistencyProof(from, to, rangeHash)

        expect(proof.map(hexOf)).toEqual(TREE.proof(from, to).map(hexOf))
        expect(provesConsistency(head(from), head(to), proof)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('holds between all sizes up to 40', () => {
    for (let to = 1; to <= 40; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        expect(provesConsistency(head(from), head(to), consistencyProof(from, to, rangeHash))).toBe(true)
      }
    }
  })

  it('is empty between a tree and itself', () => {
    expect(consistencyProof(21, 21, rangeHash)).toEqual([])
  })

  it('proves nothing after a byte is flipped or an element is dropped, added or swapped', () => {
    fc.assert(
      fc.property(twoSizes, ({ from, to }) => {
        for (const other of spoiled(consistencyProof(from, to, rangeHash))) {
          expect(provesConsistency(head(from), head(to), other)).toBe(false)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('proves nothing between other roots', () => {
    fc.assert(
      fc.property(twoSizes, ({ from, to }) => {
        fc.pre(from < to)
        const proof = consistencyProof(from, to, rangeHash)
        const forged = (n: number) => ({ size: n, root: sha256(TREE.root(n)) })

        expect(provesConsistency(forged(from), head(to), proof)).toBe(false)
        expect(provesConsistency(head(from), forged(to), proof)).toBe(false)
      }),
    )
  })
})

describe('proofs of a ledger of 65,537 ballots', () => {
  const DAY = ENTRY.ballot.lotteryDate
  const TOTAL = 2 ** 16 + 1
  const SIZES = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537]
  const nodes = new CountedNodes()
  const proofs = new LedgerProofs(nodes)
  let naive: NaiveTree

  beforeAll(() => {
    const range = new CompactRange()
    const leaves: Uint8Array[] = []
    for (let ordinal = 1; ordinal <= TOTAL; ordinal += 1) {
      const id = `0190f5fe-7c00-7a00-8000-${ordinal.toString(16).padStart(12, '0')}` as BallotId
      const ballot = { ...ENTRY.ballot, id, ordinal }
      leaves.push(naiveLeaf(ledgerEntryOf(ballot)))
      nodes.ballots.push(ballot)
      range.append(leaves.at(-1) as Uint8Array, (subtree) => nodes.keep(subtree))
    }
    naive = new NaiveTree(leaves)
  }, 60_000)

  it.each(SIZES)('prove ballots among the first %i with few reads', async (n) => {
    const interesting = [1, 2, 128, 255, 256, 257, 258, 512, 513, 32_768, 65_280, 65_281, 65_535, 65_536, 65_537, n]
    for (const ordinal of new Set(interesting.filter((one) => one <= n))) {
      nodes.forget()

      const { proof, root } = await proofs.inclusion(DAY, ordinal, n)

      expect(proof.map(hexOf)).toEqual(naive.path(ordinal - 1, n).map(hexOf))
      expect(hexOf(root)).toBe(hexOf(naive.root(n)))
      expect(nodes.reads).toBeLessThanOrEqual(8)
      expect(nodes.rows).toBeLessThanOrEqual(3 * 256)
    }
  })

  it.each(SIZES)('prove ballots among the first %i with fewer rows when the compact range is given', async (n) => {
    const peaks = new CompactRange()
    for (const ballot of nodes.ballots.slice(0, n)) peaks.append(naiveLeaf(ledgerEntryOf(ballot)))
    for (const ordinal of new Set([1, 257, 32_768, 65_281, 65_537, n].filter((one) => one <= n))) {
      nodes.forget()

      const { proof, root } = await proofs.inclusion(DAY, ordinal, n, peaks.hashes)

      expect(proof.map(hexOf)).toEqual(naive.path(ordinal - 1, n).map(hexOf))
      expect(hexOf(root)).toBe(hexOf(naive.root(n)))
      expect(nodes.rows).toBeLessThanOrEqual(2 * 256)
    }
  })

  it.each(SIZES)('prove that smaller ledgers are prefixes of the first %i', async (to) => {
    for (const from of SIZES.filter((one) => one <= to)) {
      nodes.forget()

      const proof = await proofs.consistency(DAY, from, to)

      expect(proof.map(hexOf)).toEqual(naive.proof(from, to).map(hexOf))
      expect(provesConsistency(headOf(naive, from), headOf(naive, to), proof)).toBe(true)
      expect(nodes.reads).toBeLessThanOrEqual(8)
      expect(nodes.rows).toBeLessThanOrEqual(4 * 256)
    }
  })

  it.each([0, ...SIZES])('have the root of the first %i', async (n) => {
    nodes.forget()

    expect(hexOf(await proofs.root(DAY, n))).toBe(hexOf(naive.root(n)))
    expect(nodes.reads).toBeLessThanOrEqual(3)
  })

  it('fail with an error when the ledger lacks a node', async () => {
    const first = { ordinal: 1, entry: new Uint8Array(64) }
    const holes = new LedgerProofs({ entries: async () => [first], subtrees: async () => [] })

    await expect(holes.inclusion(DAY, 1, 2)).rejects.toThrow('has no node 1 of level 0')
    await expect(holes.root(DAY, 256)).rejects.toThrow('has no node 0 of level 8')
  })
})

function grown(
  leaves: readonly Uint8Array[],
  range = new CompactRange(),
  filled: (subtree: Subtree) => void = () => {},
): CompactRange {
  for (const leaf of leaves) range.append(leaf, filled)
  return range
}

function rootHex(leaf: number, n: number, proof: readonly Uint8Array[]): string | undefined {
  const root = rootFromInclusion(LEAVES[leaf] as Uint8Array, leaf, n, proof)
  return root && hexOf(root)
}

function head(n: number): { size: number; root: Uint8Array } {
  return headOf(TREE, n)
}

function headOf(tree: NaiveTree, n: number): { size: number; root: Uint8Array } {
  return { size: n, root: tree.root(n) }
}
