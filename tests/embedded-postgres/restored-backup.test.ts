import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copySmallFile, writeSums } from '../../src/embedded-postgres/backup-folder.ts'
import { restoreBackup } from '../../src/embedded-postgres/restored-backup.ts'

const FILES = ['pgpass', 'postgres.tar']
let parent: string
let backup: string
let target: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lottery-restore-'))
  ;[backup, target] = [join(parent, 'backup'), join(parent, 'target')]
  await mkdir(backup)
  await writeFile(join(parent, 'source'), 'no tar file')
  const sums = new Map<string, string>()
  for (const name of FILES) sums.set(name, await copySmallFile(join(parent, 'source'), join(backup, name)))
  await writeSums(backup, sums)
})
afterEach(() => rm(parent, { recursive: true, force: true }))

describe('restoreBackup refuses, and leaves nothing behind,', () => {
  it('a file that is not the one that was backed up', async () => {
    await writeFile(join(backup, 'postgres.tar'), 'no taR file')

    expect(await refusal()).toBe(
      `${join(backup, 'postgres.tar')} is missing or was changed: use another copy of the backup`,
    )
    expect(await readdir(parent)).not.toContain('target')
  })

  it('a backup without one of its files', async () => {
    await rm(join(backup, 'pgpass'))

    expect(await refusal()).toBe(`${join(backup, 'pgpass')} is missing or was changed: use another copy of the backup`)
    expect(await readdir(parent)).not.toContain('target')
  })

  it('a backup that was not completed', async () => {
    await rm(join(backup, 'SHA256SUMS'))

    expect(await refusal()).toBe(
      `${backup} holds no complete backup: SHA256SUMS, which a backup writes last, is missing`,
    )
    expect(await readdir(parent)).not.toContain('target')
  })

  it('a cluster that tar cannot unpack', async () => {
    expect(await refusal()).toMatch(/^tar could not unpack \S+postgres\.tar: /)
    expect(await readdir(target)).toEqual([])
  })
})

it('restoreBackup does not write to a folder that holds something', async () => {
  await mkdir(target)
  await writeFile(join(target, 'pgpass'), 'mine')

  expect(await refusal()).toBe(`${target} is not empty: name a folder that is, or a new one`)
  expect(await readdir(target)).toEqual(['pgpass'])
})

async function refusal(): Promise<string> {
  return restoreBackup(backup, target).then(
    () => 'restored',
    (error: unknown) => (error as Error).message,
  )
}
