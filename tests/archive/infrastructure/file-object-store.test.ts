import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ArchiveUnavailable, ObjectConflict } from '../../../src/archive/domain/errors.ts'
import { FileObjectStore } from '../../../src/archive/infrastructure/file-object-store.ts'
import { objectStoreContract } from '../../contracts/object-store.contract.ts'
import { objectStoreFaultsContract } from '../../contracts/object-store-faults.contract.ts'
import { sha256 } from '../../support/rfc6962.ts'

const STORE = new URL('../../../src/archive/infrastructure/file-object-store.ts', import.meta.url).href
const HOUR_S = 3_600
const PAUSED = Buffer.alloc(1_000, 'x')
const contentType = 'text/plain'

/** A busy machine starts a process slowly. */
const WAIT = { timeout: 20_000, interval: 20 }

describe('in a folder', () => {
  let folder = ''
  let store: FileObjectStore
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-object-store-'))
    store = new FileObjectStore(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const drafts = () => readdir(join(folder, '.drafts'))
  const put = (key: string, text: string, isPublic = true) =>
    store.put({ key, content: Buffer.from(text), contentType, isPublic })

  objectStoreContract(() => store)
  objectStoreFaultsContract(() => ({
    store,
    stop: () => rename(folder, `${folder}-gone`),
    resume: () => rename(`${folder}-gone`, folder),
  }))

  it('gives private objects to fewer readers', async () => {
    await put('evidence/2026-01-01.json', 'public')
    await put('ballots/2026-01', 'private', false)
    const modeOf = async (key: string) => (await stat(join(folder, key))).mode & 0o777
    const mask = process.umask()
    expect(await modeOf('evidence/2026-01-01.json')).toBe(0o644 & ~mask)
    expect(await modeOf('ballots/2026-01')).toBe(0o640 & ~mask)
  })

  it('leaves no draft behind, whatever the end of a put', async () => {
    await put('events/2026-01.ndjson', 'first')
    await put('events/2026-01.ndjson', 'first')
    await expect(put('events/2026-01.ndjson', 'second')).rejects.toThrow(ObjectConflict)
    expect(await drafts()).toEqual([])
  })

  it('makes no folder in the place of a missing one', async () => {
    const missing = new FileObjectStore(join(folder, 'not-mounted'))
    const object = { key: 'events/x', content: Buffer.from('x'), contentType, isPublic: true }
    const error = await missing.put(object).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ArchiveUnavailable)
    expect((error as Error).cause).toMatchObject({ code: 'ENOENT' })
    await expect(stat(join(folder, 'not-mounted'))).rejects.toThrow('ENOENT')
  })

  it('is unavailable when the operating system refuses', async () => {
    await writeFile(join(folder, 'occupied'), '')
    await expect(put('occupied/below', 'x')).rejects.toThrow(ArchiveUnavailable)
    await expect(new FileObjectStore(join(folder, 'occupied')).get('x')).rejects.toThrow(ArchiveUnavailable)
  })

  it('refuses a replacement when another process replaced the object meanwhile', async () => {
    const object = { key: 'ballots/2026-02', content: Buffer.from('old'), contentType, isPublic: false }
    await store.put(object)
    await pausedPut(async (path, goOn) => {
      const content = { path, size: PAUSED.length, sha256: sha256(PAUSED) }
      const late = expect(store.replace({ ...object, content })).rejects.toThrow(ObjectConflict)
      await untilPaused()
      await store.replace({ ...object, content: Buffer.from('new') })
      await goOn()
      await late
    })
    expect(await readFile(join(folder, object.key), 'utf8')).toBe('new')
  })

  it('holds nothing of an object whose writer was killed, and removes the rest an hour later', async () => {
    await pausedPut(async (path) => {
      const object = {
        key: 'manifest/killed.json',
        content: { path, size: 2_000, sha256: [] },
        contentType,
        isPublic: true,
      }
      const code = `import { FileObjectStore } from '${STORE}'
        await new FileObjectStore('${folder}').put(${JSON.stringify(object)})`
      const writer = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: 'ignore' })
      const closed = once(writer, 'close')
      await untilPaused()
      writer.kill('SIGKILL')
      await closed
    })
    expect(await store.sizeOf('manifest/killed.json')).toBeUndefined()
    const [left = ''] = await drafts()
    await put('manifest/other.json', '{}')
    expect(await drafts()).toEqual([left])
    const longAgo = Date.now() / 1000 - HOUR_S - 1
    await utimes(join(folder, '.drafts', left), longAgo, longAgo)
    await put('manifest/killed.json', '{}')
    expect(await drafts()).toEqual([])
  })

  const untilPaused = () =>
    vi.waitFor(async () => {
      const [draft = ''] = await drafts()
      expect((await stat(join(folder, '.drafts', draft))).size).toBe(PAUSED.length)
    }, WAIT)

  /** Calls `use` with a pipe that gives some bytes, and ends when `goOn` is called. */
  async function pausedPut(use: (path: string, goOn: () => Promise<void>) => Promise<void>): Promise<void> {
    const pipes = await mkdtemp(join(tmpdir(), 'pipe-'))
    const path = join(pipes, 'pipe')
    await promisify(execFile)('mkfifo', [path])
    const pipe = await open(path, 'r+')
    try {
      await pipe.write(PAUSED)
      await use(path, () => pipe.close())
    } finally {
      await pipe.close().catch(() => {})
      await rm(pipes, { recursive: true })
    }
  }
})
