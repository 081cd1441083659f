import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ArchivedBallot } from '../../../src/archive/domain/archived-ballot.ts'
import { ParquetBallotFileWriter } from '../../../src/archive/infrastructure/parquet-ballot-file-writer.ts'
import { ballotsOf, filesOf, manyBallots, pagesOf } from '../../support/ballot-files.ts'

let folder: string
let writer: ParquetBallotFileWriter

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lottery-test-'))
  writer = new ParquetBallotFileWriter({ folder })
})
afterEach(() => rm(folder, { recursive: true }))

const bytesOf = (ballots: readonly ArchivedBallot[], pageSize: number) =>
  writer.write('ballots', pagesOf(ballots, pageSize), ({ path }) => readFile(path))

describe('ParquetBallotFileWriter', () => {
  it('tells the size, the SHA-256 and the number of rows of the file', async () => {
    await writer.write('ballots', pagesOf(manyBallots('2026-01-05', 20_000)), async (file, rows) => {
      const bytes = await readFile(file.path)
      expect(rows).toBe(20_000)
      expect(file.size).toBe(bytes.length)
      expect(file.sha256).toEqual(createHash('sha256').update(bytes).digest())
    })
  })

  it('writes the same bytes for pages of any sizes', async () => {
    const ballots = [...manyBallots('2026-01-05', 9_000), ...manyBallots('2026-01-06', 9_000)]
    const bytes = await bytesOf(ballots, 1_000)
    expect((await bytesOf(ballots, 7)).equals(bytes)).toBe(true)
    expect((await bytesOf(ballots, 18_000)).equals(bytes)).toBe(true)
    expect((await bytesOf(ballots.slice(1), 1_000)).equals(bytes)).toBe(false)
  })

  it('returns what is done with the file, and removes it', async () => {
    const path = await writer.write('ballots', pagesOf(ballotsOf('2026-01-05', [1])), async (file) => file.path)
    await expect(stat(path)).rejects.toThrow('ENOENT')
    expect(await readdir(folder)).toEqual([])
  })

  it('removes the file when its use fails', async () => {
    const using = writer.write('ballots', pagesOf(ballotsOf('2026-01-05', [1])), () =>
      Promise.reject(new Error('full')),
    )
    await expect(using).rejects.toThrow('full')
    expect(await readdir(folder)).toEqual([])
  })

  it('leaves no file when the pages end in an error', async () => {
    async function* pages() {
      yield manyBallots('2026-01-05', 17_000)
      expect(await readdir(folder)).toHaveLength(1)
      throw new Error('no database')
    }
    await expect(writer.write('ballots', pages(), async () => 'used')).rejects.toThrow('no database')
    expect(await readdir(folder)).toEqual([])
  })

  it('lets no other user of the machine read the file', async () => {
    await writer.write('ballots', pagesOf(ballotsOf('2026-01-05', [1])), async ({ path }) => {
      expect((await stat(path)).mode & 0o077).toBe(0)
      expect((await stat(join(path, '..'))).mode & 0o077).toBe(0)
    })
  })

  it.each(['ballots', 'ballots_by_id', 'ballots_by_user'] as const)('refuses rows of %s out of order', async (name) => {
    const [first, second] = filesOf(ballotsOf('2026-01-05', [1, 2]))[name]
    const write = (...rows: unknown[]) => writer.write(name, pagesOf(rows as never[], 1), async (_, count) => count)
    await expect(write(second, first)).rejects.toThrow(RangeError)
    await expect(write(first, first)).rejects.toThrow(RangeError)
    expect(await write(first, second)).toBe(2)
  })

  it('refuses ballots of forgotten users by user', async () => {
    const writing = writer.write('ballots_by_user', pagesOf(ballotsOf('2026-01-05', [null])), async () => undefined)
    await expect(writing).rejects.toThrow('leave them out')
  })
})
