import { describe, expect, it, vi } from 'vitest'
import { VerifyLedger } from '../../../src/archive/application/verify-ledger.ts'
import { ObjectMissing } from '../../../src/archive/domain/errors.ts'
import { DATE, entriesUpTo, entryAt, lotteryOf, writeLedger } from '../../support/archived-ledger.ts'
import { MemoryObjectStore } from '../../support/memory-object-store.ts'

vi.setConfig({ testTimeout: 30_000 })

const FOLDER = `ledger/${DATE}`

it.each([0, 1, 2, 255, 256, 257, 511, 512, 65_537])(
  'a ledger of %i entries verifies as it was written',
  async (size) => {
    const { store, lottery } = await written(entriesUpTo(size))

    expect(await verified(store, lottery)).toEqual([])
  },
)

describe('the change of any byte is found', () => {
  it.each([
    ['tile/entries/000.p/3', 198],
    ['tile/0/000.p/3', 96],
    ['checkpoint', 184],
    ['SHA256SUMS', 245],
  ])('in %s', async (path, size) => {
    const { store, lottery } = await written(entriesUpTo(3))
    const bytes = store.objects.get(`${FOLDER}/${path}`) ?? Buffer.of()
    expect(bytes.length).toBe(size)

    for (const at of bytes.keys()) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 + (at % 255))
      store.objects.set(`${FOLDER}/${path}`, changed)
      expect(await verified(store, lottery), `byte ${at}`).not.toEqual([])
    }
  })

  it.each(['tile/entries/000', 'tile/entries/001.p/44', 'tile/0/000', 'tile/0/001.p/44', 'tile/1/000.p/1'])(
    'in %s of a ledger of 300 entries',
    async (path) => {
      const { store, lottery } = await written(entriesUpTo(300))
      const bytes = store.objects.get(`${FOLDER}/${path}`) ?? Buffer.of()

      for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 20)) {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 0x80
        store.objects.set(`${FOLDER}/${path}`, changed)
        expect(await verified(store, lottery), `byte ${at}`).not.toEqual([])
      }
    },
  )
})

describe.each(['tile/entries/001.p/44', 'tile/0/000', 'checkpoint', 'SHA256SUMS'])('%s', (path) => {
  it('is found to be cut, and to be longer', async () => {
    const { store, lottery } = await written(entriesUpTo(300))
    const bytes = Buffer.from(store.objects.get(`${FOLDER}/${path}`) ?? '')

    for (const changed of [bytes.subarray(0, -1), Buffer.alloc(0), Buffer.concat([bytes, Buffer.of(0)])]) {
      store.objects.set(`${FOLDER}/${path}`, changed)
      expect(await verified(store, lottery)).not.toEqual([])
    }
  })

  it('is named when it is missing', async () => {
    const { store, lottery } = await written(entriesUpTo(300))
    store.objects.delete(`${FOLDER}/${path}`)

    await expect(verified(store, lottery)).rejects.toThrow(new ObjectMissing(`${FOLDER}/${path}`))
  })
})

it('a list with an object too many, one too few, or in another order is found', async () => {
  const { store, lottery } = await written(entriesUpTo(300))
  const lines = Buffer.from(store.objects.get(`${FOLDER}/SHA256SUMS`) ?? '')
    .toString()
    .split(/(?<=\n)/)
  const other = `${'0'.repeat(64)}  tile/0/002.p/1\n`

  for (const list of [[...lines, other], lines.slice(1), lines.toReversed()]) {
    store.objects.set(`${FOLDER}/SHA256SUMS`, Buffer.from(list.join('')))
    expect(await verified(store, lottery)).toEqual([`ledger of ${DATE}: SHA256SUMS is not the list of its objects`])
  }
})

it('a hash that does not follow from the entries is named by its tile', async () => {
  const { store, lottery } = await written(entriesUpTo(300))
  store.objects.set(`${FOLDER}/tile/1/000.p/1`, new Uint8Array(32))

  expect(await verified(store, lottery)).toEqual([`ledger of ${DATE}: tile/1/000.p/1 is not what its entries lead to`])
})

it('a ledger that is sound in itself, but not the sealed one, is found', async () => {
  const { store } = await written(entriesUpTo(3))
  const sealed = lotteryOf([...entriesUpTo(2), entryAt(7)])

  expect(await verified(store, sealed)).toEqual([
    `ledger of ${DATE}: checkpoint is not what its entries lead to`,
    `ledger of ${DATE}: SHA256SUMS is not the list of its objects`,
    expect.stringMatching(/^ledger of 2026-09-21: 3 entries lead to [0-9a-f]{64}, not to the sealed root of 3$/),
  ])
})

it.each([
  ['is of another day', entryAt(2).fill(0, 4, 8)],
  ['was accepted before the one above it', entryAt(2, 0)],
  ['was accepted after the end of the day', entryAt(2, 86_400_000)],
])('an entry that %s is found', async (fault, entry) => {
  const { store, lottery } = await written([...entriesUpTo(2), entry])

  expect(await verified(store, lottery)).toEqual([`ledger of ${DATE}: the entry of ordinal 3 ${fault}`])
})

it('an entry of another length is found', async () => {
  const { store, lottery } = await written([...entriesUpTo(2), Buffer.alloc(65)])

  expect(await verified(store, lottery)).toEqual([`ledger of ${DATE}: line 3 of the ledger is not 64 bytes in hex`])
})

it('every object is read once, besides those of the sampled proofs, and 32 at once at most', async () => {
  const { store, lottery } = await written(entriesUpTo(10_000))
  const [get, running] = [store.get.bind(store), { now: 0, most: 0 }]
  store.get = async (key) => {
    running.now += 1
    running.most = Math.max(running.most, running.now)
    await new Promise(setImmediate)
    running.now -= 1
    return get(key)
  }
  const told: number[] = []
  await new VerifyLedger(store).execute(lottery, [], (entries) => told.push(entries))

  expect(store.reads.map(({ key }) => key).sort()).toEqual([...store.objects.keys()].sort())
  expect(running.most).toBeGreaterThanOrEqual(16)
  expect(running.most).toBeLessThanOrEqual(32)
  expect(told).toEqual([4_096, 8_192, 10_000])
})

it('a proof of the sample that the tiles do not give is found', async () => {
  const { store, lottery } = await written(entriesUpTo(600))
  const get = store.get.bind(store)
  const tile = `${FOLDER}/tile/1/000.p/2`
  store.get = async (key) => {
    const bytes = await get(key)
    return key === tile && store.reads.filter((read) => read.key === tile).length > 1 ? new Uint8Array(64) : bytes
  }

  expect(await verified(store, lottery)).toEqual([
    `ledger of ${DATE}: the proof of ballot 1 does not lead to the sealed root`,
    `ledger of ${DATE}: the proof of ballot 600 does not lead to the sealed root`,
  ])
})

it('an entry that is cut off, or added, within its bundle is found', async () => {
  const { store, lottery } = await written(entriesUpTo(300))
  const key = `${FOLDER}/tile/entries/001.p/44`
  const bytes = Buffer.from(store.objects.get(key) ?? '')

  for (const changed of [bytes.subarray(66), Buffer.concat([bytes, bytes.subarray(0, 66)])]) {
    store.objects.set(key, changed)
    expect(await verified(store, lottery)).toEqual([
      `ledger of ${DATE}: tile/entries/001.p/44 does not hold 44 entries`,
    ])
  }
})

async function written(entries: readonly Uint8Array[]) {
  const store = new MemoryObjectStore()
  const lottery = lotteryOf(entries)
  await writeLedger(store, entries, lottery.checkpoint)
  return { store, lottery }
}

function verified(store: MemoryObjectStore, lottery: ReturnType<typeof lotteryOf>): Promise<string[]> {
  const sample = lottery.ballotCount === 0 ? [] : [1, lottery.ballotCount]
  return new VerifyLedger(store).execute(lottery, sample, () => {})
}
