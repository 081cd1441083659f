import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ArchiveObject } from '../../../src/archive/application/object-store.ts'
import { bucketUrlOf, type S3Settings } from '../../../src/archive/infrastructure/object-store-settings.ts'
import { S3ObjectStore } from '../../../src/archive/infrastructure/s3-object-store.ts'
import { sha256 } from '../../support/rfc6962.ts'
import { ScriptedS3 } from '../../support/scripted-s3.ts'

const BYTES = Buffer.from('a tile')
const SUM = sha256(BYTES).toString('base64')
const TILE: ArchiveObject = {
  key: 'ledger/2026-01-01/checkpoint',
  content: BYTES,
  contentType: 'text/plain',
  isPublic: true,
}
const BALLOTS: ArchiveObject = { ...TILE, key: 'ballots/lottery_year=2026/ballots.parquet', isPublic: false }
const DONE = { status: 200 }

let s3: ScriptedS3
beforeAll(async () => {
  s3 = await ScriptedS3.open()
})
afterAll(() => s3[Symbol.asyncDispose]())
afterEach(() => vi.useRealTimers())

const storeOf = (settings: Partial<S3Settings> = {}) => new S3ObjectStore({ ...s3.settings, ...settings })

describe('what a put tells the store', () => {
  it('is the checksum twice, the condition, the type and the length, signed', async () => {
    s3.plays(DONE)
    await storeOf({ prefix: 'old/days', sessionToken: 'THE-TOKEN' }).put(BALLOTS)
    const { method, url, headers, body } = s3.seen[0] ?? {}
    expect(`${method} ${url}`).toBe('PUT /archive/old/days/ballots/lottery_year%3D2026/ballots.parquet')
    expect(body).toEqual(BYTES)
    expect(headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-checksum-sha256': SUM,
      'x-amz-content-sha256': sha256(BYTES).toString('hex'),
      'x-amz-security-token': 'THE-TOKEN',
      'content-type': 'text/plain',
      'content-length': '6',
      authorization: expect.stringMatching(
        /\/eu-central-1\/s3\/aws4_request, SignedHeaders=host;if-none-match;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-security-token, /,
      ),
    })
    expect(headers).not.toHaveProperty('transfer-encoding')
  })

  it('is a lock for public objects alone, and the storage class for all', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-02-01T12:00:00Z'), toFake: ['Date'] })
    s3.plays(DONE)
    const store = storeOf({ objectLockDays: 30, storageClass: 'STANDARD_IA' })
    await store.put(TILE)
    await store.put(BALLOTS)
    const [tile, ballots] = s3.seen.map(({ headers }) => headers)
    expect(tile).toMatchObject({
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2026-03-03T12:00:00.000Z',
      'x-amz-storage-class': 'STANDARD_IA',
    })
    expect(ballots).toMatchObject({ 'x-amz-storage-class': 'STANDARD_IA' })
    expect(Object.keys(ballots ?? {}).join()).not.toContain('lock')
  })

  it('has no lock and no storage class when the settings have none', async () => {
    s3.plays(DONE)
    await storeOf().put(TILE)
    expect(Object.keys(s3.seen[0]?.headers ?? {}).join()).not.toMatch(/lock|storage/)
  })
})

describe('the URL of a bucket', () => {
  const settings = { bucket: 'archive', prefix: '', region: 'eu-central-1', accessKeyId: '', secretAccessKey: '' }

  it('is that of AWS, or below an endpoint', () => {
    expect(bucketUrlOf(settings)).toBe('https://archive.s3.eu-central-1.amazonaws.com')
    expect(bucketUrlOf({ ...settings, endpoint: 'https://s3.example/' })).toBe('https://s3.example/archive')
  })
})
