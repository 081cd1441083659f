import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ArchiveUnavailable, ObjectConflict } from '../../../src/archive/domain/errors.ts'
import { S3ObjectStore } from '../../../src/archive/infrastructure/s3-object-store.ts'
import { objectStoreContract } from '../../contracts/object-store.contract.ts'
import { objectStoreFaultsContract } from '../../contracts/object-store-faults.contract.ts'
import { cutConnections } from '../../support/cut-connections.ts'
import { sha256 } from '../../support/rfc6962.ts'
import { VERSITYGW_START_MS, Versitygw } from '../../support/versitygw.ts'

const PATIENCE = { timeoutMs: 2_000, attempts: 3, pauseMs: 5 }
const contentType = 'text/plain'

let started: Versitygw | undefined
beforeAll(async () => {
  started = await Versitygw.start()
}, VERSITYGW_START_MS)
afterAll(() => started?.[Symbol.asyncDispose]())

describe('in a bucket of S3', () => {
  let server: Versitygw
  let store: S3ObjectStore
  beforeEach(({ skip }) => {
    if (!started) return skip('versitygw cannot be had')
    server = started
    store = new S3ObjectStore({ ...server.settings, objectLockDays: 30 }, PATIENCE)
  })

  objectStoreContract(() => store)
  objectStoreFaultsContract(() => ({ store, stop: () => server.kill(), resume: () => server.resume() }))

  const versionsOf = async (key: string) => {
    const listed = await server.fetch('GET', `?versions=&prefix=old/${encodeURIComponent(key)}`)
    return [...(await listed.text()).matchAll(/<VersionId>([^<]+)/g)].map(([, id = '']) => id)
  }
  const pathOf = (key: string) => `/old/${key.split('/').map(encodeURIComponent).join('/')}`

  describe('the store itself', () => {
    it.each([
      ['x-amz-checksum-sha256', 'UNSIGNED-PAYLOAD', sha256(Buffer.from('other')).toString('base64')],
      [
        'x-amz-content-sha256',
        sha256(Buffer.from('other')).toString('hex'),
        sha256(Buffer.from('x')).toString('base64'),
      ],
    ])('refuses bytes that do not fit %s', async (_, hash, checksum) => {
      const headers = { 'x-amz-content-sha256': hash, 'x-amz-checksum-sha256': checksum }
      expect((await server.fetch('PUT', '/old/wrong', headers, 'x')).status).toBe(400)
      expect(await store.sizeOf('wrong')).toBeUndefined()
    })

    it('keeps a public object under the lock, whatever others do', async () => {
      const key = 'manifest/2026-01.json'
      await store.put({ key, content: Buffer.from('locked'), contentType, isPublic: true })
      const [id = ''] = await versionsOf(key)
      const refused = await server.fetch('DELETE', `${pathOf(key)}?versionId=${id}`)
      expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('object lock')])
      await server.fetch('PUT', pathOf(key), {}, 'overwritten')
      const kept = await server.fetch('GET', `${pathOf(key)}?versionId=${id}`)
      expect(await kept.text()).toBe('locked')
      const again = store.put({ key, content: Buffer.from('locked'), contentType, isPublic: true })
      await expect(again).rejects.toThrow(ObjectConflict)
    })

    it('locks for the days of the settings, and private objects never', async () => {
      const headersOf = async (key: string) => (await server.fetch('HEAD', pathOf(key))).headers
      await store.put({ key: 'events/2026-01.ndjson', content: Buffer.from('{}'), contentType, isPublic: true })
      const locked = await headersOf('events/2026-01.ndjson')
      expect(locked.get('x-amz-object-lock-mode')).toBe('COMPLIANCE')
      const days = (Date.parse(locked.get('x-amz-object-lock-retain-until-date') ?? '') - Date.now()) / 86_400_000
      expect(days).toBeCloseTo(30, 2)
      const key = 'ballots_by_id/lottery_year=2026/lottery_month=01/unlocked.parquet'
      await store.put({ key, content: Buffer.from('private'), contentType, isPublic: false })
      expect((await headersOf(key)).get('x-amz-object-lock-mode')).toBeNull()
    })
  })

  it('leaves no older version, and no delete marker, of a replaced object', async () => {
    const object = { key: 'ballots_by_user/lottery_year=2026/lottery_month=01/r', contentType, isPublic: false }
    await store.put({ ...object, content: Buffer.from('names a user') })
    await store.put({ ...object, key: `${object.key}.other`, content: Buffer.from('untouched') })
    await server.fetch('DELETE', pathOf(object.key)) // leaves a marker and the version below it
    await server.fetch('PUT', pathOf(object.key), {}, 'names a user again')
    expect(await versionsOf(object.key)).toHaveLength(4)
    await store.replace({ ...object, content: Buffer.from('forgotten') })
    expect(await versionsOf(object.key)).toHaveLength(2)
    expect(Buffer.from(await store.get(object.key)).toString()).toBe('forgotten')
    expect(Buffer.from(await store.get(`${object.key}.other`)).toString()).toBe('untouched')
  })

  it('says that the archive is unavailable when the keys are wrong or the bucket is missing', async () => {
    for (const wrong of [{ secretAccessKey: 'wrong' }, { accessKeyId: 'wrong' }, { bucket: 'missing' }]) {
      const other = new S3ObjectStore({ ...server.settings, ...wrong }, PATIENCE)
      const object = { key: 'events/x', content: Buffer.from('x'), contentType, isPublic: true }
      const calls = [() => other.get('events/x'), () => other.sizeOf('events/x'), () => other.put(object)]
      for (const call of calls) {
        await expect(call()).rejects.toThrow(ArchiveUnavailable)
      }
    }
  })

  it('gives up a store that hangs', async () => {
    const impatient = new S3ObjectStore(server.settings, { timeoutMs: 100, attempts: 2, pauseMs: 1 })
    await server.pause()
    try {
      await expect(impatient.get('events/2026-01.ndjson')).rejects.toThrow(ArchiveUnavailable)
    } finally {
      await server.resume()
    }
    expect(await store.sizeOf('events/2026-01.ndjson')).toBe(2)
  })

  it('holds nothing of an object whose connection broke', async () => {
    const folder = await mkdtemp(join(tmpdir(), 's3-cut-'))
    const [bytes, path] = [Buffer.alloc(4_000_000, 'x'), join(folder, 'file')]
    await writeFile(path, bytes)
    const cut = await cutConnections(server.settings.endpoint ?? '', 1_000_000)
    try {
      const broken = new S3ObjectStore({ ...server.settings, endpoint: cut.url }, PATIENCE)
      for (const content of [bytes, { path, size: bytes.length, sha256: sha256(bytes) }]) {
        const object = { key: 'evidence/cut.json', content, contentType, isPublic: true }
        await expect(broken.put(object)).rejects.toThrow(ArchiveUnavailable)
        expect(await store.sizeOf(object.key)).toBeUndefined()
      }
    } finally {
      await cut[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    }
  })
})
