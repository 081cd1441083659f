import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ArchiveObject, LocalFile, ObjectStore } from '../../src/archive/application/object-store.ts'
import { ObjectConflict, ObjectMissing } from '../../src/archive/domain/errors.ts'
import { sha256 } from '../support/rfc6962.ts'

export function objectStoreContract(open: () => ObjectStore): void {
  describe('an object store', () => {
    let folder = ''
    let count = 0
    let key = ''
    let store: ObjectStore
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'object-store-'))
    })
    afterAll(() => rm(folder, { recursive: true, force: true }))
    beforeEach(() => {
      store = open()
      count += 1
      key = `ledger/2026-01-01/tile/entries/${count}`
    })

    const publicObject = (content: ArchiveObject['content']): ArchiveObject => objectOf(content, true)
    const privateObject = (content: ArchiveObject['content']): ArchiveObject => objectOf(content, false)
    const objectOf = (content: ArchiveObject['content'], isPublic: boolean) => ({
      key: isPublic ? key : `ballots/lottery_year=2026/lottery_month=01/${count}.parquet`,
      content,
      contentType: 'application/octet-stream',
      isPublic,
    })
    const fileOf = async (bytes: Uint8Array): Promise<LocalFile> => {
      const path = join(folder, String(count))
      await writeFile(path, bytes)
      return { path, size: bytes.length, sha256: sha256(bytes) }
    }
    const text = async (name = key) => Buffer.from(await store.get(name)).toString()

    it('returns what was put, whole and in ranges', async () => {
      await store.put(publicObject(Buffer.from('0123456789')))
      expect(await text()).toBe('0123456789')
      expect(await store.sizeOf(key)).toBe(10)
      expect(Buffer.from(await store.range(key, 2, 5)).toString()).toBe('234')
      expect(Buffer.from(await store.range(key, 9, 10)).toString()).toBe('9')
      const memory = new Uint8Array(3)
      expect(Buffer.from(await store.range(key, 2, 5, memory)).toString()).toBe('234')
      expect(Buffer.from(await store.range(key, 8, 10, memory)).toString()).toBe('89')
    })

    it('refuses a range that goes beyond the end', async () => {
      await store.put(publicObject(Buffer.from('0123456789')))
      await expect(store.range(key, 8, 11)).rejects.toThrow(`${key} ends before its byte 11`)
      await expect(store.range(key, 10, 11)).rejects.toThrow(`${key} ends before its byte 11`)
    })

    it('stores an object without bytes', async () => {
      await store.put(publicObject(new Uint8Array()))
      expect(await text()).toBe('')
      expect(await store.sizeOf(key)).toBe(0)
      const empty = { ...publicObject(await fileOf(new Uint8Array())), key: `${key}.empty` }
      await store.put(empty)
      expect(await store.sizeOf(empty.key)).toBe(0)
    })

    it('stores private objects below Hive paths', async () => {
      const object = privateObject(Buffer.from('ballots'))
      await store.put(object)
      expect(await text(object.key)).toBe('ballots')
    })

    it.each(['bytes', 'a file'])('takes the same object again, from %s', async (kind) => {
      const content = kind === 'bytes' ? Buffer.from('same') : await fileOf(Buffer.from('same'))
      await store.put(publicObject(content))
      await store.put(publicObject(content))
      await store.put(publicObject(Buffer.from('same')))
      expect(await text()).toBe('same')
    })

    it.each(['bytes', 'a file'])('never overwrites an object, from %s', async (kind) => {
      await store.put(publicObject(Buffer.from('first')))
      const content = kind === 'bytes' ? Buffer.from('second') : await fileOf(Buffer.from('second'))
      await expect(store.put(publicObject(content))).rejects.toThrow(ObjectConflict)
      expect(await text()).toBe('first')
    })

    it('keeps nothing of a file with another hash or size than told', async () => {
      const file = await fileOf(Buffer.from('what the file holds'))
      const lies = [{ sha256: sha256(Buffer.from('other')) }, { size: file.size + 1 }, { size: file.size - 1 }]
      for (const lie of lies) {
        await expect(store.put(publicObject({ ...file, ...lie }))).rejects.toThrow(
          `${key} did not arrive as it was sent`,
        )
        expect(await store.sizeOf(key)).toBeUndefined()
      }
    })

    it('tells that an object is missing', async () => {
      for (const name of [key, 'ledger', `${key}/below`]) {
        await expect(store.get(name)).rejects.toThrow(ObjectMissing)
        await expect(store.range(name, 0, 1)).rejects.toThrow(ObjectMissing)
        expect(await store.sizeOf(name)).toBeUndefined()
      }
      await expect(store.replace(privateObject(Buffer.from('new')))).rejects.toThrow(ObjectMissing)
    })

    it('replaces a private object', async () => {
      const object = privateObject(Buffer.from('names a user'))
      await store.put(object)
      await store.replace({ ...object, content: await fileOf(Buffer.from('forgotten')) })
      expect(await text(object.key)).toBe('forgotten')
      await store.replace({ ...object, content: Buffer.from('forgotten') })
      expect(await text(object.key)).toBe('forgotten')
    })

    it('never replaces a public object', async () => {
      await store.put(publicObject(Buffer.from('first')))
      await expect(store.replace(publicObject(Buffer.from('second')))).rejects.toThrow('never replaced')
      expect(await text()).toBe('first')
    })

    it('keeps a private object when the new content is not as told', async () => {
      const object = privateObject(Buffer.from('old'))
      await store.put(object)
      const content = { ...(await fileOf(Buffer.from('new'))), sha256: sha256() }
      await expect(store.replace({ ...object, content })).rejects.toThrow('did not arrive as it was sent')
      expect(await text(object.key)).toBe('old')
    })
  })
}
