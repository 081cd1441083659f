import { beforeAll, describe, expect, it, vi } from 'vitest'
import { LedgerTiles } from '../../../src/archive/application/ledger-tiles.ts'
import { ObjectMissing } from '../../../src/archive/domain/errors.ts'
import { leafHash } from '../../../src/ledger/domain/merkle-tree.ts'
import { TreeProofs } from '../../../src/ledger/domain/tree-proofs.ts'
import { DATE, entriesUpTo, writeLedger } from '../../support/archived-ledger.ts'
import { MemoryObjectStore } from '../../support/memory-object-store.ts'
import { NaiveTree, naiveLeaf, provesConsistency } from '../../support/rfc6962.ts'
import { hexOf } from '../../support/vectors.ts'

vi.setConfig({ testTimeout: 30_000 })

const FOLDER = `ledger/${DATE}`

describe('a ledger of 520 entries', () => {
  const entries = entriesUpTo(520)
  const tree = new NaiveTree(entries.map(naiveLeaf))
  const store = new MemoryObjectStore()
  const tiles = new LedgerTiles(store)
  const proofs = proofsFrom(tiles, 520)
  beforeAll(() => writeLedger(store, entries, ''))

  it.each([
    [1, 1],
    [520, 520],
    [256, 257],
    [255, 513],
    [1, 520],
    [5, 4],
  ])('gives the entries of the ordinals %i to %i', async (from, to) => {
    const expected = entries.slice(from - 1, to).map((entry, n) => ({ ordinal: from + n, entry: hexOf(entry) }))

    const found = await tiles.entries(DATE, 520, from, to)
    expect(found.map(({ ordinal, entry }) => ({ ordinal, entry: hexOf(entry) }))).toEqual(expected)
  })

  it('reads the bundles that hold the entries, and no others', async () => {
    store.reads.length = 0
    await tiles.entries(DATE, 520, 257, 513)

    expect(store.reads.map(({ key }) => key)).toEqual([`${FOLDER}/tile/entries/001`, `${FOLDER}/tile/entries/002.p/8`])
  })

  it('gives the inclusion proof of every ballot', async () => {
    for (const index of entries.keys()) {
      const { proof, root } = await proofs.inclusion(index, 520)
      expect([...proof, root].map(hexOf).join()).toBe([...tree.path(index, 520), tree.root(520)].map(hexOf).join())
    }
  })

  it('gives the consistency proof of every smaller size', async () => {
    const last = { size: 520, root: tree.root(520) }
    for (let size = 1; size <= 520; size += 1) {
      const proof = await proofs.consistency(size, 520)
      expect(provesConsistency({ size, root: tree.root(size) }, last, proof)).toBe(true)
    }
  })

  it('says which tile lacks items', async () => {
    const key = `${FOLDER}/tile/entries/002.p/8`
    const bytes = store.objects.get(key) ?? Buffer.of()
    store.objects.set(key, bytes.subarray(0, -1))

    await expect(tiles.entries(DATE, 520, 513, 513)).rejects.toThrow(`${key} holds 7 items, not 8`)
    store.objects.delete(key)
    await expect(tiles.entries(DATE, 520, 513, 513)).rejects.toThrow(new ObjectMissing(key))
    store.objects.set(key, bytes)
  })
})

describe('a ledger of 131,400 entries', () => {
  const SIZE = 131_400
  const entries = entriesUpTo(SIZE)
  const tree = new NaiveTree(entries.map(naiveLeaf))
  const store = new MemoryObjectStore()
  const tiles = new LedgerTiles(store)
  beforeAll(() => writeLedger(store, entries, ''))

  it.each([
    [8, 0, 0],
    [8, 250, 260],
    [8, 512, 512],
    [16, 0, 1],
    [16, 1, 1],
  ])('gives the subtrees of level %i from %i to %i', async (level, from, to) => {
    const expected = Array.from({ length: to - from + 1 }, (_, n) => {
      const index = from + n
      return { level, index, hash: hexOf(tree.hash(index * 2 ** level, (index + 1) * 2 ** level)) }
    })

    const found = await tiles.subtrees(DATE, SIZE, level, from, to)
    expect(found.map((subtree) => ({ ...subtree, hash: hexOf(subtree.hash) }))).toEqual(expected)
  })

  it.each([0, 65_535, 65_536, 131_071, 131_072, SIZE - 1])('proves the leaf %i', async (index) => {
    const { proof, root } = await proofsFrom(tiles, SIZE).inclusion(index, SIZE)

    expect(proof.map(hexOf)).toEqual(tree.path(index, SIZE).map(hexOf))
    expect(hexOf(root)).toBe(hexOf(tree.root(SIZE)))
  })
})

function proofsFrom(tiles: LedgerTiles, size: number): TreeProofs {
  return new TreeProofs(async (level, from, to) => {
    if (level > 0) return tiles.subtrees(DATE, size, level, from, to)
    const entries = await tiles.entries(DATE, size, from + 1, to + 1)
    return entries.map(({ ordinal, entry }) => ({ level, index: ordinal - 1, hash: leafHash(entry) }))
  })
}
