import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ArchiveObject } from '../../../src/archive/application/object-store.ts'
import { ArchiveUnavailable, ObjectConflict, ObjectMissing } from '../../../src/archive/domain/errors.ts'
import { S3ObjectStore } from '../../../src/archive/infrastructure/s3-object-store.ts'
import { sha256 } from '../../support/rfc6962.ts'
import { refusal, ScriptedS3 } from '../../support/scripted-s3.ts'

const BYTES = Buffer.from('a tile')
const SUM = sha256(BYTES).toString('base64')
const KEY = 'ledger/2026-01-01/checkpoint'
const TILE: ArchiveObject = { key: KEY, content: BYTES, contentType: 'text/plain', isPublic: true }
const DONE = { status: 200 }
const HELD = { status: 200, headers: { 'x-amz-checksum-sha256': SUM, etag: '"old"', 'content-length': '6' } }
const THERE = refusal(412, 'PreconditionFailed')
const SLOW_DOWN = refusal(503, 'SlowDown', 'Please reduce your request rate.')
const hangUp = (response: ServerResponse) => response.destroy()

let s3: ScriptedS3
beforeAll(async () => {
  s3 = await ScriptedS3.open()
})
afterAll(() => s3[Symbol.asyncDispose]())

const storeOf = () => new S3ObjectStore(s3.settings, { timeoutMs: 150, attempts: 3, pauseMs: 1 })
const causeOf = async (call: Promise<unknown>) => {
  const error = await call.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ArchiveUnavailable)
  return String(((error as Error).cause as Error).message)
}

describe('a failure that passes', () => {
  it.each([
    ['503 SlowDown', SLOW_DOWN],
    ['429', { status: 429 }],
    ['500', refusal(500, 'InternalError')],
    ['409 of a concurrent put', refusal(409, 'ConditionalRequestConflict')],
    ['400 of a stalled connection', refusal(400, 'RequestTimeout')],
    ['a broken connection', hangUp],
    ['a store that does not answer', () => {}],
  ])('is waited for: %s', async (_, failure) => {
    s3.plays(failure, failure, DONE)
    await storeOf().put(TILE)
    expect(s3.asked).toEqual([`PUT ${KEY}`, `PUT ${KEY}`, `PUT ${KEY}`])
  })

  it('becomes ArchiveUnavailable when it does not pass', async () => {
    s3.plays(SLOW_DOWN)
    expect(await causeOf(storeOf().put(TILE))).toBe(
      `the store answered 503 to PUT of ${KEY}: SlowDown, Please reduce your request rate.`,
    )
    expect(s3.seen).toHaveLength(3)
    s3.plays(() => {})
    expect(await causeOf(storeOf().get(KEY))).toBe('the store made no progress for 150 ms')
  })

  it('may come in the middle of an answer', async () => {
    const half = (response: ServerResponse) => response.writeHead(200, { 'content-length': '6' }).write('a t')
    const cut = (response: ServerResponse) => half(response) && setImmediate(() => response.destroy())
    s3.plays(cut, half, { status: 200, body: 'a tile' })
    expect(Buffer.from(await storeOf().get(KEY)).toString()).toBe('a tile')
    expect(s3.seen).toHaveLength(3)
  })

  it('may hide that the object was stored', async () => {
    s3.plays(hangUp, THERE, HELD)
    await storeOf().put(TILE)
    expect(s3.asked).toEqual([`PUT ${KEY}`, `PUT ${KEY}`, `HEAD ${KEY}`])
  })
})

describe('a refusal', () => {
  it.each([
    refusal(403, 'AccessDenied', 'the key THE-ACCESS-KEY with THE-SECRET-KEY may not'),
    refusal(401, 'AccessDenied', 'the key THE-ACCESS-KEY with THE-SECRET-KEY may not'),
  ])('is told without credentials, at once', async (denied) => {
    s3.plays(denied)
    expect(await causeOf(storeOf().get(KEY))).toMatch(
      /the store answered 40\d to GET of ledger.*: AccessDenied, the key \*\*\* with \*\*\* may not/,
    )
    expect(s3.seen).toHaveLength(1)
  })

  it.each([
    ['301 of another region', refusal(301, 'PermanentRedirect')],
    ['501 of a store without conditions', refusal(501, 'NotImplemented')],
    ['400 of an expired token', refusal(400, 'ExpiredToken')],
  ])('is not repeated: %s', async (_, refused) => {
    s3.plays(refused)
    await causeOf(storeOf().get(KEY))
    expect(s3.seen).toHaveLength(1)
  })

  it('before the whole object was sent ends the connection', async () => {
    const connections: Socket[] = []
    const hasty = createServer((socket) => {
      connections.push(socket.on('error', () => {}))
      socket.once('data', () => socket.pause().write('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'))
    }).listen(0, '127.0.0.1')
    await once(hasty, 'listening')
    const endpoint = `http://127.0.0.1:${(hasty.address() as AddressInfo).port}`
    const store = new S3ObjectStore({ ...s3.settings, endpoint })
    expect(await causeOf(store.put({ ...TILE, content: Buffer.alloc(20_000_000) }))).toContain('answered 403 to PUT')
    const closed = once(hasty, 'close')
    hasty.close()
    for (const connection of connections) connection.resume()
    await closed
  })

  it('of the bucket is told apart from a missing object', async () => {
    s3.plays(refusal(404, 'NoSuchBucket'))
    expect(await causeOf(storeOf().get(KEY))).toContain('NoSuchBucket')
    s3.plays({ status: 404, body: '<html>' })
    expect(await causeOf(storeOf().get(KEY))).toBe(`the store answered 404 to GET of ${KEY}`)
    expect(await causeOf(storeOf().sizeOf(KEY))).toBe('the store answered 404 to HEAD of the bucket')
    s3.plays(refusal(404, 'NoSuchKey'))
    await expect(storeOf().get(KEY)).rejects.toThrow(ObjectMissing)
  })

  it('of a whole answer to a range', async () => {
    s3.plays({ status: 200, body: 'a tile' })
    expect(await causeOf(storeOf().range(KEY, 0, 3))).toContain('answered 200')
    s3.plays({ status: 206, body: 'a' })
    await expect(storeOf().range(KEY, 0, 3)).rejects.toThrow(RangeError)
  })
})

describe('an object that is there already', () => {
  const other = { ...HELD, headers: { 'x-amz-checksum-sha256': sha256().toString('base64') } }
  const composite = { ...HELD, headers: { 'x-amz-checksum-sha256': SUM, 'x-amz-checksum-type': 'COMPOSITE' } }

  it('is compared by its stored checksum', async () => {
    s3.plays(THERE, HELD)
    await storeOf().put(TILE)
    expect(s3.seen[1]?.headers['x-amz-checksum-mode']).toBe('ENABLED')
    s3.plays(THERE, other)
    await expect(storeOf().put(TILE)).rejects.toThrow(ObjectConflict)
  })

  it.each([
    ['none', DONE],
    ['that of parts', composite],
  ])('is read when its stored checksum is %s', async (_, head) => {
    s3.plays(THERE, head, { status: 200, body: 'a tile' })
    await storeOf().put(TILE)
    expect(s3.asked).toEqual([`PUT ${KEY}`, `HEAD ${KEY}`, `GET ${KEY}`])
    s3.plays(THERE, head, { status: 200, body: 'another' })
    await expect(storeOf().put(TILE)).rejects.toThrow(ObjectConflict)
  })
})

describe('a file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 's3-object-store-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is sent with its length, and again when the first try failed', async () => {
    const path = join(folder, 'file')
    await writeFile(path, BYTES)
    s3.plays({ status: 404 }, DONE, hangUp, DONE)
    await storeOf().put({ ...TILE, content: { path, size: BYTES.length, sha256: sha256(BYTES) } })
    expect(s3.asked).toEqual([`HEAD ${KEY}`, 'HEAD ', `PUT ${KEY}`, `PUT ${KEY}`])
    expect(s3.seen.at(-1)).toMatchObject({ body: BYTES, headers: { 'content-length': '6' } })
  })

  it('above the limit of S3 is not sent', async () => {
    s3.plays({ status: 404 }, DONE)
    const content = { path: join(folder, 'none'), size: 5_368_709_121, sha256: sha256() }
    await expect(storeOf().put({ ...TILE, content })).rejects.toThrow('S3 takes 5368709120 at once')
    expect(s3.asked).not.toContain(`PUT ${KEY}`)
  })
})
