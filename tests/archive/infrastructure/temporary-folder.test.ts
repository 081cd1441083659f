import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { inTemporaryFolder } from '../../../src/archive/infrastructure/temporary-folder.ts'

let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lottery-test-'))
})

afterEach(() => rm(parent, { recursive: true }))

it('is lent to one user, and is gone afterwards, also after an error', async () => {
  const lent = inTemporaryFolder(parent, async (folder) => {
    expect((await stat(folder)).mode & 0o077).toBe(0)
    expect(dirname(folder)).toBe(parent)
    await writeFile(join(folder, 'file'), 'x')
    throw new Error('no')
  })

  await expect(lent).rejects.toThrow('no')
  expect(await readdir(parent)).toEqual([])
})

it('removes what killed processes left, and nothing else', async () => {
  const { pid } = spawnSync('true')
  for (const name of [`lottery-archive-${pid}-abc123`, 'lottery-archive-1-abc123', 'other']) {
    await mkdir(join(parent, name))
    await writeFile(join(parent, name, 'ballots.parquet'), 'x')
  }

  const seen = await inTemporaryFolder(parent, async (own) =>
    (await readdir(parent)).filter((name) => name !== basename(own)),
  )

  expect(seen.toSorted()).toEqual(['lottery-archive-1-abc123', 'other'])
})
