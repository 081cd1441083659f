import fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { ArchivedBallot } from '../../../src/archive/domain/archived-ballot.ts'
import { ParquetBallotFileReader } from '../../../src/archive/infrastructure/parquet-ballot-file-reader.ts'
import {
  ParquetBallotFileWriter,
  ROWS_PER_GROUP,
} from '../../../src/archive/infrastructure/parquet-ballot-file-writer.ts'
import { ballotsOf, filesOf, MONTH, manyBallots, rowsOf, storeBallots, userOf } from '../../support/ballot-files.ts'
import { MemoryObjectStore } from '../../support/memory-object-store.ts'

const DATES = ['2026-01-01', '2026-01-02', '2026-01-31']
const USERS = 4
const place = fc.record({ lotteryDate: fc.constantFrom('2025-12-31', ...DATES, '2026-02-01'), ordinal: fc.nat(9) })
/** Some dates of a month with ballots of few users, some of them forgotten, in row groups of few rows. */
const month = fc.record({
  rowsPerGroup: fc.integer({ min: 1, max: 7 }),
  users: fc.tuple(...DATES.map(() => fc.array(fc.option(fc.nat(USERS - 1)), { maxLength: 8 }))),
})
const ballotsOfMonth = (users: readonly (number | null)[][]) =>
  users.flatMap((ofDate, index) => ballotsOf(String(DATES[index]), ofDate))

vi.setConfig({ testTimeout: 30_000 })

let store: MemoryObjectStore
let reader: ParquetBallotFileReader

beforeEach(() => {
  store = new MemoryObjectStore()
  reader = new ParquetBallotFileReader(store)
})

const storeIn = (rowsPerGroup: number, ballots: readonly ArchivedBallot[]) =>
  storeBallots(store, new ParquetBallotFileWriter({ rowsPerGroup }), ballots)

async function stored({ rowsPerGroup, users }: { rowsPerGroup: number; users: (number | null)[][] }) {
  const ballots = ballotsOfMonth(users)
  await storeIn(rowsPerGroup, ballots)
  return { ballots, reader: new ParquetBallotFileReader(store) }
}

describe('ParquetBallotFileReader', () => {
  it('returns all rows of each file, in order', () =>
    fc.assert(
      fc.asyncProperty(month, async (what) => {
        const { ballots, reader } = await stored(what)
        const files = filesOf(ballots)
        expect(await rowsOf(reader.pages(MONTH, 'ballots'))).toEqual(files.ballots)
        expect(await rowsOf(reader.pages(MONTH, 'ballots_by_id'))).toEqual(files.ballots_by_id)
        expect(await rowsOf(reader.pages(MONTH, 'ballots_by_user'))).toEqual(files.ballots_by_user)
      }),
      { numRuns: 25 },
    ))

  it('returns the ballots of any range of ordinals', () =>
    fc.assert(
      fc.asyncProperty(month, fc.constantFrom(...DATES), fc.nat(9), fc.nat(9), async (what, date, from, to) => {
        const { ballots, reader } = await stored(what)
        const wanted = ballots.filter((b) => b.lotteryDate === date && b.ordinal >= from && b.ordinal <= to)
        expect(await reader.range(date, from, to)).toEqual(wanted)
      }),
      { numRuns: 30 },
    ))

  it('finds the ordinal of each ballot by its id, and of no other id', () =>
    fc.assert(
      fc.asyncProperty(month, async (what) => {
        const { ballots, reader } = await stored(what)
        for (const { lotteryDate, id, ordinal } of ballots)
          expect(await reader.ordinalOf(lotteryDate, id)).toBe(ordinal)
        const [first] = ballots
        expect(await reader.ordinalOf('2026-01-31', userOf(1))).toBeUndefined()
        expect(await reader.ordinalOf('2026-01-15', first?.id ?? userOf(1))).toBeUndefined()
      }),
      { numRuns: 20 },
    ))

  it("pages through a user's ballots, newest first", () =>
    fc.assert(
      fc.asyncProperty(month, fc.option(place), fc.integer({ min: 1, max: 8 }), async (what, before, limit) => {
        const { ballots, reader } = await stored(what)
        for (const userId of Array.from({ length: USERS }, (_, user) => userOf(user))) {
          const wanted = ballots
            .filter((b) => b.userId === userId)
            .filter(
              (b) =>
                before === null ||
                b.lotteryDate < before.lotteryDate ||
                (b.lotteryDate === before.lotteryDate && b.ordinal < before.ordinal),
            )
            .toReversed()
            .map(({ lotteryDate, ordinal }) => ({ lotteryDate, ordinal }))
          const page = { userId, limit, ...(before && { before }) }
          expect(await reader.placesOf(MONTH, page)).toEqual(wanted.slice(0, limit))
        }
      }),
      { numRuns: 30 },
    ))

  it.each([1, ROWS_PER_GROUP, ROWS_PER_GROUP + 1, 3 * ROWS_PER_GROUP])('reads a file of %i rows', async (count) => {
    const ballots = manyBallots('2026-01-05', count)
    await storeIn(ROWS_PER_GROUP, ballots)
    const last = ballots.at(-1)
    expect(await reader.range('2026-01-05', count - 1, count + 1)).toEqual(ballots.slice(-2))
    expect(await reader.ordinalOf('2026-01-05', String(last?.id).toUpperCase())).toBe(count)
    const rows = await rowsOf(reader.pages(MONTH, 'ballots'))
    expect(rows.length).toBe(count)
    expect(rows.at(-1)).toEqual(last)
  })

  it('reads an empty file', async () => {
    await storeIn(ROWS_PER_GROUP, [])
    expect(await rowsOf(reader.pages(MONTH, 'ballots'))).toEqual([])
    expect(await reader.range('2026-01-05', 1, 10)).toEqual([])
    expect(await reader.ordinalOf('2026-01-05', userOf(1))).toBeUndefined()
    expect(await reader.placesOf(MONTH, { userId: userOf(1), limit: 10 })).toEqual([])
  })
})
