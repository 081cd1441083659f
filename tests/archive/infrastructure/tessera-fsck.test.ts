import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { FileObjectStore } from '../../../src/archive/infrastructure/file-object-store.ts'
import { DATE, entriesUpTo, lotteryOf, ORIGIN, writeLedger } from '../../support/archived-ledger.ts'
import { goPeer } from '../../support/go-peer.ts'
import { SIGNER } from '../../support/ledger.ts'
import { FSCK_BUILD_MS, fsck } from '../../support/tessera-fsck.ts'

vi.setConfig({ testTimeout: 30_000 })

let binary: Awaited<ReturnType<typeof goPeer>>
beforeAll(async () => {
  binary = await goPeer("Tessera's fsck")
  if ('missing' in binary)
    console.log(`The checks of archived ledgers by another program are skipped: ${binary.missing}`)
}, FSCK_BUILD_MS)

describe("Tessera's checker of tlog-tiles", () => {
  let folder: string
  let key: string
  beforeEach(async ({ skip }) => {
    if ('missing' in binary) return skip(binary.missing)
    folder = await mkdtemp(join(tmpdir(), 'archived-ledger-'))
    key = join(folder, 'key')
    await writeFile(key, SIGNER.verifierKey)
  })
  afterEach(async () => {
    if (!('missing' in binary)) await rm(folder, { recursive: true })
  })

  it.each([0, 1, 255, 256, 257, 1_000])('accepts an archived ledger of %i entries', async (size) => {
    const root = await archive(size)

    expect(await said()).toContain(`Successfully fsck'd log with size ${size} and root ${root}`)
  })

  it.each(['tile/entries/003.p/232', 'tile/1/000.p/3', 'checkpoint'])(
    'refuses one whose %s was changed',
    async (path) => {
      await archive(1_000)
      await writeFile(join(folder, 'ledger', DATE, path), 'something else')

      expect(await said()).toContain('fsck failed')
    },
  )

  /** Writes a ledger as files. Returns its root in base64. */
  async function archive(size: number): Promise<string> {
    const entries = entriesUpTo(size)
    const { root, checkpoint } = lotteryOf(entries)
    await writeLedger(new FileObjectStore(folder), entries, checkpoint)
    return Buffer.from(root).toString('base64')
  }

  function said(): Promise<string> {
    if ('missing' in binary) throw new Error(binary.missing)
    return fsck(binary.path, { folder: join(folder, 'ledger', DATE), origin: ORIGIN, key })
  }
})
