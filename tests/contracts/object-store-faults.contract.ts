import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { LocalFile, ObjectStore } from '../../src/archive/application/object-store.ts'
import { ArchiveUnavailable, ObjectConflict } from '../../src/archive/domain/errors.ts'
import { sha256 } from '../support/rfc6962.ts'

const BIG = 100_663_296
/** Bytes by which the memory of buffers may grow while a big file passes. Node collects unused ones late, those of others too. */
const PASSING = 92_274_688

/** The store under test, and what its test can do to it. */
export interface StoreUnderTest {
  readonly store: ObjectStore
  /** Makes the store refuse or ignore everything. */
  stop(): Promise<void>
  resume(): Promise<void>
}

export function objectStoreFaultsContract(open: () => StoreUnderTest): void {
  describe('an object store in trouble', () => {
    let count = 0
    let key = ''
    let store: ObjectStore
    beforeEach(() => {
      store = open().store
      count += 1
      key = `events/${count}.ndjson`
    })

    const objectOf = (text: string) => ({ key, content: Buffer.from(text), contentType: 'text/plain', isPublic: true })
    const text = async () => Buffer.from(await store.get(key)).toString()

    it('streams a big file', { timeout: 60_000 }, async ({ onTestFinished }) => {
      const folder = await mkdtemp(join(tmpdir(), 'big-object-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const object = { ...objectOf(''), content: await bigFile(join(folder, 'big')) }
      const watch = watchMemory()
      await store.put(object)
      expect(watch()).toBeLessThan(PASSING)
      expect(await store.sizeOf(key)).toBe(BIG)
      expect([...(await store.range(key, BIG - 2, BIG))]).toEqual([0, 0])
      await store.put(object)
    })

    it('lets two put the same bytes at once', async () => {
      await Promise.all(Array.from({ length: 8 }, () => store.put(objectOf('same'))))
      expect(await text()).toBe('same')
    })

    it('lets one of several put other bytes at once', async () => {
      const texts = Array.from({ length: 8 }, (_, n) => `bytes of ${n}`)
      const puts = await Promise.allSettled(texts.map((one) => store.put(objectOf(one))))
      const losers = puts.filter((put) => put.status === 'rejected')
      expect(losers).toHaveLength(7)
      for (const { reason } of losers) expect(reason).toBeInstanceOf(ObjectConflict)
      expect(await text()).toBe(texts[puts.findIndex(({ status }) => status === 'fulfilled')])
    })

    it.each(['../outside', '/etc/passwd', 'a/../../b', 'a//b', '.drafts/a', 'a/./b', '', 'a/', 'a b', 'ä'])(
      'refuses %j, which is no key',
      async (name) => {
        const object = { ...objectOf('x'), key: name }
        await expect(store.put(object)).rejects.toThrow(RangeError)
        await expect(store.replace({ ...object, isPublic: false })).rejects.toThrow(RangeError)
        await expect(store.get(name)).rejects.toThrow(RangeError)
        await expect(store.range(name, 0, 1)).rejects.toThrow(RangeError)
        await expect(store.sizeOf(name)).rejects.toThrow(RangeError)
      },
    )

    it('says that the archive is unavailable while the store is down, and goes on afterwards', async () => {
      const tested = open()
      await store.put(objectOf('kept'))
      await tested.stop()
      const object = { ...objectOf('new'), key: `ballots/${count}`, isPublic: false }
      const calls = [
        () => store.put(object),
        () => store.put({ ...object, content: { path: '/dev/null', size: 0, sha256: sha256() } }),
        () => store.get(key),
        () => store.range(key, 0, 1),
        () => store.sizeOf(key),
        () => store.replace(object),
      ]
      try {
        for (const call of calls) {
          const error = await call().catch((reason: unknown) => reason)
          expect(error).toBeInstanceOf(ArchiveUnavailable)
          expect((error as Error).cause).toBeInstanceOf(Error)
        }
      } finally {
        await tested.resume()
      }
      expect(await text()).toBe('kept')
      expect(await store.sizeOf(object.key)).toBeUndefined()
    })
  })
}

/** A file of random bytes and then zeros. */
async function bigFile(path: string): Promise<LocalFile> {
  const head = randomBytes(1_000)
  await writeFile(path, head)
  await truncate(path, BIG)
  return { path, size: BIG, sha256: sha256(head, Buffer.alloc(BIG - head.length)) }
}

/** Returns a function that tells by how many bytes the memory of buffers has grown at most. */
function watchMemory(): () => number {
  const before = process.memoryUsage().arrayBuffers
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers)
  }, 5)
  return () => {
    clearInterval(timer)
    return most - before
  }
}
