import { describe, expect, it, vi } from 'vitest'
import type { ArchiveObject } from '../../../src/archive/application/object-store.ts'
import { ArchiveUnavailable } from '../../../src/archive/domain/errors.ts'
import { DATE, entriesUpTo, writeLedger } from '../../support/archived-ledger.ts'
import { MemoryObjectStore } from '../../support/memory-object-store.ts'
import { sha256 } from '../../support/rfc6962.ts'
import { tilesOf } from '../../support/tlog-tiles.ts'
import { hexOf } from '../../support/vectors.ts'

vi.setConfig({ testTimeout: 30_000 })

const FOLDER = `ledger/${DATE}`
const CHECKPOINT = 'lottery.local/2026-09-21\n0\n\n'

/** Remembers the objects in the order of their arrival, and how many calls ran at once. */
class WatchedStore extends MemoryObjectStore {
  readonly puts: ArchiveObject[] = []
  running = 0
  most = 0
  failsAt = Number.POSITIVE_INFINITY

  override async put(object: ArchiveObject): Promise<void> {
    this.puts.push(object)
    this.running += 1
    this.most = Math.max(this.most, this.running)
    await new Promise(setImmediate)
    this.running -= 1
    if (this.puts.length >= this.failsAt) throw new ArchiveUnavailable()
    await super.put(object)
  }
}

describe.each([0, 1, 2, 255, 256, 257, 511, 512])('a ledger of %i entries', (size) => {
  it('is written as the objects of tlog-tiles, the signed checkpoint, and the list of them', async () => {
    const store = new MemoryObjectStore()
    const entries = entriesUpTo(size)
    await writeLedger(store, entries, CHECKPOINT)

    const expected = tilesOf(entries).set('checkpoint', Buffer.from(CHECKPOINT))
    const { SHA256SUMS: sums, ...objects } = textsOf(store)
    expect(objects).toEqual(Object.fromEntries([...expected].map(([path, bytes]) => [path, hexOf(bytes)])))
    const lines = Buffer.from(sums ?? '', 'hex')
      .toString()
      .trimEnd()
      .split('\n')
    expect(lines.sort()).toEqual([...expected].map(([path, bytes]) => `${hexOf(sha256(bytes))}  ${path}`).sort())
  })
})

it.each([65_535, 65_536, 65_537])('a ledger of %i entries is written as the objects of tlog-tiles', async (size) => {
  const store = new MemoryObjectStore()
  const entries = entriesUpTo(size)
  const summary = await writeLedger(store, entries, CHECKPOINT)

  const expected = tilesOf(entries)
  expect(summary.objects).toBe(expected.size + 1)
  expect(store.objects.size).toBe(expected.size + 2)
  for (const [path, bytes] of expected) {
    const written = store.objects.get(`${FOLDER}/${path}`)
    if (!written || Buffer.compare(written, bytes) !== 0) expect.fail(`${path} is not that of the specification`)
  }
  expect(expected.has('tile/2/000.p/1')).toBe(size > 65_535)
})

it('returns the hash of the list, and how much it lists', async () => {
  const store = new MemoryObjectStore()
  const summary = await writeLedger(store, entriesUpTo(300), CHECKPOINT)

  const list = store.objects.get(`${FOLDER}/SHA256SUMS`) ?? Buffer.of()
  const listed = [...store.objects].filter(([key]) => key !== `${FOLDER}/SHA256SUMS`)
  expect(summary).toEqual({
    key: `${FOLDER}/SHA256SUMS`,
    sha256: sha256(list),
    size: list.length,
    objects: listed.length,
    bytes: listed.reduce((sum, [, bytes]) => sum + bytes.length, 0),
  })
})

it('puts every object once, the list last, 16 at once, in the order of the list', async () => {
  const store = new WatchedStore()
  await writeLedger(store, entriesUpTo(10_000), CHECKPOINT)

  const keys = store.puts.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.at(-1)).toBe(`${FOLDER}/SHA256SUMS`)
  expect(store.most).toBe(16)
  const list = Buffer.from(store.objects.get(`${FOLDER}/SHA256SUMS`) ?? '').toString()
  expect(list.match(/\S+$/gm)?.map((path) => `${FOLDER}/${path}`)).toEqual(keys.slice(0, -1))
})

it('puts the same objects when it is repeated', async () => {
  const [store, again] = [new WatchedStore(), new WatchedStore()]
  const summary = await writeLedger(store, entriesUpTo(600), CHECKPOINT)

  expect(await writeLedger(again, entriesUpTo(600), CHECKPOINT)).toEqual(summary)
  expect(again.puts.map(({ key }) => key)).toEqual(store.puts.map(({ key }) => key))
  expect(await writeLedger(store, entriesUpTo(600), CHECKPOINT)).toEqual(summary)
  expect(store.objects).toEqual(again.objects)
})

it('puts public objects with the content types of tlog-tiles', async () => {
  const store = new WatchedStore()
  await writeLedger(store, entriesUpTo(3), CHECKPOINT)

  expect(
    store.puts.map(({ key, contentType, isPublic }) => [key.slice(FOLDER.length + 1), contentType, isPublic]),
  ).toEqual([
    ['tile/entries/000.p/3', 'application/octet-stream', true],
    ['tile/0/000.p/3', 'application/octet-stream', true],
    ['checkpoint', 'text/plain; charset=utf-8', true],
    ['SHA256SUMS', 'text/plain; charset=utf-8', true],
  ])
})

it('tells the entries so far after every page', async () => {
  const told: number[] = []
  await writeLedger(new MemoryObjectStore(), entriesUpTo(250), CHECKPOINT, (entries) => told.push(entries))

  expect(told).toEqual([100, 200, 250])
})

it('stops when the store refuses an object, once nothing is on its way any more, and writes no list', async () => {
  const store = new WatchedStore()
  store.failsAt = 20

  await expect(writeLedger(store, entriesUpTo(10_000), CHECKPOINT)).rejects.toThrow(ArchiveUnavailable)
  expect(store.running).toBe(0)
  expect(store.puts.length).toBeLessThan(60)
  expect(store.objects.has(`${FOLDER}/SHA256SUMS`)).toBe(false)
})

/** Objects of the ledger in hex, by their paths. */
function textsOf(store: MemoryObjectStore): Record<string, string> {
  return Object.fromEntries([...store.objects].map(([key, bytes]) => [key.slice(FOLDER.length + 1), hexOf(bytes)]))
}
