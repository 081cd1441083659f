import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ObjectConflict, ObjectMissing } from '../../../src/archive/domain/errors.ts'
import { S3ObjectStore } from '../../../src/archive/infrastructure/s3-object-store.ts'
import { sha256 } from '../../support/rfc6962.ts'
import { refusal, ScriptedS3 } from '../../support/scripted-s3.ts'

const BYTES = Buffer.from('without the user')
const KEY = 'ballots/lottery_year=2026/ballots.parquet'
const PATH = 'ballots/lottery_year%3D2026/ballots.parquet'
const BALLOTS = { key: KEY, content: BYTES, contentType: 'text/plain', isPublic: false }
const OLD = { status: 200, headers: { etag: '"old"' } }
const STORED = { status: 200, headers: { 'x-amz-version-id': 'new' } }
const HELD = { status: 200, headers: { 'x-amz-checksum-sha256': sha256(BYTES).toString('base64') } }
const DELETED = { status: 204 }
const LIST = 'GET ?versions=&prefix=ballots%2Flottery_year%3D2026%2Fballots.parquet'

const version = (id: string, isLatest: boolean, { key = KEY, kind = 'Version' } = {}) =>
  `<${kind}><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${isLatest}</IsLatest></${kind}>`
const page = (entries: readonly string[], rest = '<IsTruncated>false</IsTruncated>') => ({
  status: 200,
  body: `<ListVersionsResult>${rest}<VersionIdMarker></VersionIdMarker>\n${entries.join('\n')}</ListVersionsResult>`,
})

let s3: ScriptedS3
beforeAll(async () => {
  s3 = await ScriptedS3.open()
})
afterAll(() => s3[Symbol.asyncDispose]())

const replace = () => new S3ObjectStore(s3.settings, { timeoutMs: 150, attempts: 3, pauseMs: 1 }).replace(BALLOTS)

describe('the replacement of an object', () => {
  it('is put on the condition that nobody else replaced it, and removes all that is older', async () => {
    const rest =
      '<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>'
    const first = page([version('new', true), version('old', false)], rest)
    const second = page([
      version('marker', false, { kind: 'DeleteMarker' }),
      version('x', true, { key: `${KEY}.other` }),
    ])
    s3.plays(OLD, STORED, first, second, DELETED)
    await replace()
    const deletes = [`DELETE ${PATH}?versionId=old`, `DELETE ${PATH}?versionId=marker`]
    const lists = [LIST, `${LIST}&key-marker=k&version-id-marker=v`]
    expect(s3.asked).toEqual([`HEAD ${PATH}`, `PUT ${PATH}`, ...lists, ...deletes])
    expect(s3.seen[1]?.headers).toMatchObject({ 'if-match': '"old"' })
    expect(s3.seen[1]?.headers).not.toHaveProperty('if-none-match')
  })

  it('lists no versions in a bucket without versions', async () => {
    s3.plays(OLD, { status: 200 })
    await replace()
    expect(s3.asked).toEqual([`HEAD ${PATH}`, `PUT ${PATH}`])
  })

  it('is refused when another process replaced the object before', async () => {
    const other = { status: 200, headers: { 'x-amz-checksum-sha256': sha256().toString('base64') } }
    s3.plays(OLD, refusal(412, 'PreconditionFailed'), other)
    await expect(replace()).rejects.toThrow(ObjectConflict)
  })

  it.each([
    ['replaced the object', version('newer', true)],
    ['deleted the object', version('newer', true, { kind: 'DeleteMarker' })],
  ])('removes nothing when another process %s just after', async (_, latest) => {
    s3.plays(OLD, STORED, page([latest, version('new', false), version('old', false)]))
    await expect(replace()).rejects.toThrow(ObjectConflict)
    expect(s3.asked.at(-1)).toBe(LIST)
  })

  it('goes on when the answer to the put was lost', async () => {
    const lost = refusal(412, 'PreconditionFailed')
    s3.plays(
      OLD,
      (response) => response.destroy(),
      lost,
      HELD,
      page([version('new', true), version('old', false)]),
      DELETED,
    )
    await replace()
    expect(s3.asked.at(-1)).toBe(`DELETE ${PATH}?versionId=old`)
  })

  it('removes nothing when the answer was lost and another process deleted the object', async () => {
    const marker = version('marker', true, { kind: 'DeleteMarker' })
    const lost = refusal(412, 'PreconditionFailed')
    s3.plays(OLD, (response) => response.destroy(), lost, HELD, page([marker, version('new', false)]))
    await expect(replace()).rejects.toThrow(ObjectConflict)
    expect(s3.asked.at(-1)).toBe(LIST)
  })

  it('is refused when the object disappeared', async () => {
    s3.plays(OLD, refusal(404, 'NoSuchKey'))
    await expect(replace()).rejects.toThrow(ObjectMissing)
  })

  it('fails while an older version cannot be removed', async () => {
    s3.plays(OLD, STORED, page([version('new', true), version('old', false)]), refusal(403, 'AccessDenied'))
    await expect(replace()).rejects.toThrow('The archive of old lotteries does not answer')
  })
})
