import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ArchivedBallot } from '../../../src/archive/domain/archived-ballot.ts'
import { ArchiveBroken, ArchiveUnavailable, ObjectMissing } from '../../../src/archive/domain/errors.ts'
import { Month } from '../../../src/archive/domain/month.ts'
import { ParquetBallotFileReader } from '../../../src/archive/infrastructure/parquet-ballot-file-reader.ts'
import {
  ParquetBallotFileWriter,
  ROWS_PER_GROUP,
} from '../../../src/archive/infrastructure/parquet-ballot-file-writer.ts'
import { ballotsOf, keyOf, MONTH, manyBallots, rowsOf, storeBallots, userOf } from '../../support/ballot-files.ts'
import { MemoryObjectStore } from '../../support/memory-object-store.ts'

const DATE = '2026-01-05'
const NOBODY = '00000000-0000-4000-8000-000000000000'
const someUsers = fc.array(fc.option(fc.nat(3)), { minLength: 1, maxLength: 12 })

vi.setConfig({ testTimeout: 30_000 })

let store: MemoryObjectStore
let reader: ParquetBallotFileReader

beforeEach(() => {
  store = new MemoryObjectStore()
  reader = new ParquetBallotFileReader(store)
})

const storeIn = (rowsPerGroup: number, ballots: readonly ArchivedBallot[]) =>
  storeBallots(store, new ParquetBallotFileWriter({ rowsPerGroup }), ballots)

describe('what ParquetBallotFileReader keeps', () => {
  describe('what it reads', () => {
    const count = 3 * ROWS_PER_GROUP
    const ballots = manyBallots(DATE, count)
    const written = new MemoryObjectStore()

    beforeAll(() => storeBallots(written, new ParquetBallotFileWriter(), ballots))
    beforeEach(async () => {
      for (const [key, bytes] of written.objects) store.objects.set(key, bytes)
      await reader.range(DATE, 1, 1)
      store.reads.length = 0
    })

    it('is one row group for a look-up, and none for its neighbours', async () => {
      await reader.range(DATE, count, count)
      expect(store.reads).toEqual([{ key: keyOf('ballots'), bytes: expect.toSatisfy((n: number) => n < 400_000) }])
      await Promise.all([reader.range(DATE, count - 100, count - 1), reader.range(DATE, 1, 20)])
      expect(store.reads).toHaveLength(1)
    })

    it('is each group once, though many ask for it at the same time', async () => {
      await Promise.all(Array.from({ length: 10 }, (_, index) => reader.range(DATE, count - index, count)))
      expect(store.reads).toHaveLength(1)
    })

    it('is two groups for a range over their edge', async () => {
      const edge = 2 * ROWS_PER_GROUP
      expect(await reader.range(DATE, edge, edge + 1)).toEqual(ballots.slice(edge - 1, edge + 1))
      expect(store.reads).toHaveLength(2)
    })

    it('is read again after some seconds, as another process may have replaced the file', async () => {
      await reader.range(DATE, count, count)
      const now = performance.now()
      const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 60_000)
      onTestFinished(() => clock.mockRestore())
      await vi.waitFor(async () => {
        await reader.range(DATE, count, count)
        expect(store.reads).toHaveLength(2)
      })
    })

    it('is the footer again after the month is forgotten', async () => {
      await reader.ordinalOf(DATE, userOf(1))
      store.reads.length = 0
      reader.forget(Month.parse('2026-02'))
      await reader.range(DATE, 1, 1)
      expect(store.reads).toHaveLength(0)
      reader.forget(MONTH)
      await reader.range(DATE, 1, 1)
      await reader.ordinalOf(DATE, userOf(1))
      expect(store.reads.length).toBeGreaterThanOrEqual(4)
    })
  })

  it('returns no row of before once the month is forgotten', async () => {
    await storeIn(3, ballotsOf(DATE, [1, 2, 1, 3, 1]))
    await reader.range(DATE, 1, 5)
    await reader.placesOf(MONTH, { userId: userOf(1), limit: 9 })
    const after = ballotsOf(DATE, [null, 2, null, 3, null])
    await storeIn(3, after)
    reader.forget(MONTH)
    expect(await reader.range(DATE, 1, 5)).toEqual(after)
    expect(await reader.placesOf(MONTH, { userId: userOf(1), limit: 9 })).toEqual([])
  })

  it('takes no row for another that stands in its place since the file was replaced', async () => {
    const users = [0, 1, 2, 3, 4, 5]
    const placesOf = (user: number) => reader.placesOf(MONTH, { userId: userOf(user), limit: 9 })
    for (const user of users.slice(1)) {
      await storeIn(1, ballotsOf(DATE, users))
      reader.forget(MONTH)
      await placesOf(0)
      await storeIn(1, ballotsOf(DATE, [null, ...users.slice(1)]))
      expect(await placesOf(user)).toEqual([{ lotteryDate: DATE, ordinal: user + 1 }])
    }
  })

  it('tells no ballot twice when rows moved from a group that is kept to the one before', async () => {
    const byId = [0, 1, 2, 3, 4].toSorted((a, b) => (userOf(a) < userOf(b) ? -1 : 1))
    const [first = 0, second = 0, third = 0, fourth = 0, last = 0] = byId
    const placesOf = (limit: number) => reader.placesOf(MONTH, { userId: userOf(last), limit })
    for (const order of [
      [1, 2, 3, 4],
      [2, 4, 1, 3],
      [4, 1, 3, 2],
      [3, 1, 4, 2],
      [1, 4, 2, 3],
    ]) {
      const users = [...order.map((at) => [first, second, third, fourth][at - 1] ?? 0), last, last, last]
      await storeIn(4, ballotsOf(DATE, users))
      reader.forget(MONTH)
      await placesOf(1) // keeps the second group
      await storeIn(
        4,
        ballotsOf(
          DATE,
          users.map((user) => (user === second ? null : user)),
        ),
      )
      expect((await placesOf(9)).map(({ ordinal }) => ordinal)).toEqual([7, 6, 5])
    }
  })

  it('returns right rows when another process replaced the files', () =>
    fc.assert(
      fc.asyncProperty(someUsers, fc.integer({ min: 1, max: 4 }), fc.nat(3), async (users, rowsPerGroup, forgotten) => {
        await storeIn(rowsPerGroup, ballotsOf(DATE, users))
        const reader = new ParquetBallotFileReader(store)
        const placesOf = (userId: string) => reader.placesOf(MONTH, { userId, limit: 99 })
        // These keep the footers, but no group of rows by user.
        await Promise.all([reader.range(DATE, 1, 1), reader.ordinalOf(DATE, NOBODY), placesOf(NOBODY)])
        const left = ballotsOf(
          DATE,
          users.map((user) => (user === forgotten ? null : user)),
        )
        await storeIn(rowsPerGroup, left)
        for (const { id, ordinal, userId } of left.toReversed()) {
          expect(await reader.ordinalOf(DATE, id)).toBe(ordinal)
          expect(await reader.range(DATE, ordinal, ordinal)).toMatchObject([{ id, ordinal }])
          const ofUser = left.filter((ballot) => ballot.userId === userId && userId !== null)
          const places = ofUser.map((ballot) => ({ lotteryDate: DATE, ordinal: ballot.ordinal }))
          expect(await placesOf(userId ?? userOf(forgotten))).toEqual(places.toReversed())
        }
      }),
      { numRuns: 20 },
    ))

  it('tells what is missing, what is down, and what is no file of ballots', async () => {
    const range = () => reader.range(DATE, 1, 1)
    await expect(range()).rejects.toThrow(new ObjectMissing(keyOf('ballots')))
    store.objects.set(keyOf('ballots'), Buffer.from('PAR1 this is something else PAR1'))
    await expect(range()).rejects.toThrow(ArchiveBroken)
    await expect(rowsOf(reader.pages(MONTH, 'ballots'))).rejects.toThrow('ballots.parquet cannot be decoded')
    await storeIn(2, ballotsOf(DATE, [1, 2, 3]))
    store.isDown = true
    await expect(range()).rejects.toThrow(ArchiveUnavailable)
    store.isDown = false
    expect(await range()).toHaveLength(1)
  })

  it('refuses a file whose values are damaged', async () => {
    const ballots = manyBallots(DATE, 2_000)
    await storeIn(1_000, ballots)
    const bytes = store.objects.get(keyOf('ballots'))
    for (const at of [5_000, 10_000, 20_000, 40_000]) {
      store.objects.set(
        keyOf('ballots'),
        Uint8Array.from(bytes ?? [], (byte, index) => (index === at ? byte ^ 1 : byte)),
      )
      await expect(rowsOf(reader.pages(MONTH, 'ballots'))).rejects.toThrow(ArchiveBroken)
    }
  })
})
