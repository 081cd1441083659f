import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { ArchiveObject, ObjectStore } from '../application/object-store.ts'
import { ObjectConflict, ObjectMissing } from '../domain/errors.ts'
import { ContentChanged, sha256Of, sizeOf } from './object-content.ts'
import { requireObjectKey } from './object-key.ts'
import type { S3Patience, S3Settings } from './object-store-settings.ts'
import { type S3Answer, S3Client } from './s3-client.ts'
import { versionsOf } from './s3-versions.ts'

const DAY_MS = 86_400_000
/** Bytes that S3 takes in one request: 5 GiB. */
const MAX_SIZE = 5_368_709_120
const DIGEST_REFUSALS = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch'])

/**
 * Objects in a bucket of S3. The credentials need s3:GetObject, s3:PutObject, s3:PutObjectRetention, s3:ListBucket,
 * s3:ListBucketVersions and s3:DeleteObjectVersion. The bucket must not lock its objects by default, since private ones are
 * replaced.
 */
export class S3ObjectStore implements ObjectStore {
  readonly #settings: S3Settings
  readonly #client: S3Client

  constructor(settings: S3Settings, patience: Partial<S3Patience> = {}) {
    this.#settings = settings
    this.#client = new S3Client(settings, patience)
  }

  async put(object: ArchiveObject): Promise<void> {
    // A store may refuse a long request before it has read it, and then the refusal can get lost. So a file asks first.
    if (!(object.content instanceof Uint8Array) && (await this.#holds(object))) return
    const headers = { 'if-none-match': '*', ...(object.isPublic && this.#lock()) }
    const { status } = await this.#upload(object, headers, [200, 412])
    if (status === 412 && !(await this.#holds(object))) throw new ObjectConflict(object.key)
  }

  async get(key: string): Promise<Uint8Array> {
    requireObjectKey(key)
    const { status, body } = await this.#client.send({ method: 'GET', key, expected: [200, 404] })
    if (status === 404) throw new ObjectMissing(key)
    return body
  }

  async range(key: string, from: number, to: number): Promise<Uint8Array> {
    requireObjectKey(key)
    if (from === to) return new Uint8Array()
    const headers = { range: `bytes=${from}-${to - 1}` }
    const { status, body } = await this.#client.send({ method: 'GET', key, headers, expected: [206, 404, 416] })
    if (status === 404) throw new ObjectMissing(key)
    if (status === 416 || body.length !== to - from) throw new RangeError(`${key} ends before its byte ${to}`)
    return body
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const head = await this.#head(key)
    return head && Number(head.headers['content-length'])
  }

  /** A call that was interrupted is done again with the same object, and removes the older versions then. */
  async replace(object: ArchiveObject): Promise<void> {
    if (object.isPublic) throw new RangeError('a public object is never replaced')
    const replaced = await this.#head(object.key)
    if (!replaced) throw new ObjectMissing(object.key)
    const headers = { 'if-match': replaced.headers.etag ?? '' }
    const { status, headers: stored } = await this.#upload(object, headers, [200, 404, 412])
    if (status === 404) throw new ObjectMissing(object.key)
    if (status === 412 && !(await this.#holds(object))) throw new ObjectConflict(object.key)
    const version = stored['x-amz-version-id']
    const isUnversioned = status === 200 && version === undefined
    if (!isUnversioned) await this.#removeOlderVersions(object.key, version)
  }

  async removeOlderVersions(key: string): Promise<void> {
    await this.#removeOlderVersions(key, undefined)
  }

  /** @throws ObjectConflict when `version` is given and is not the latest, or the object is deleted */
  async #removeOlderVersions(key: string, version: unknown): Promise<void> {
    const versions = await versionsOf(this.#client, key)
    const latest = versions.find(({ isLatest }) => isLatest)
    if (!latest || latest.isDeleteMarker || (version ?? latest.id) !== latest.id) throw new ObjectConflict(key)
    for (const { id } of versions.filter((found) => found !== latest)) {
      await this.#client.send({ method: 'DELETE', key, query: { versionId: id }, expected: [200, 204, 404] })
    }
  }

  async #upload(
    { key, content, contentType }: ArchiveObject,
    condition: Readonly<Record<string, string>>,
    expected: readonly number[],
  ): Promise<S3Answer> {
    requireObjectKey(key)
    await requireUploadable(key, content)
    const headers = {
      'content-type': contentType,
      'x-amz-checksum-sha256': Buffer.from(sha256Of(content)).toString('base64'),
      ...(this.#settings.storageClass && { 'x-amz-storage-class': this.#settings.storageClass }),
      ...condition,
    }
    const answer = await this.#client.send({ method: 'PUT', key, headers, content, expected: [...expected, 400] })
    if (DIGEST_REFUSALS.has(answer.code)) throw new ContentChanged(key)
    return answer
  }

  #lock(): Readonly<Record<string, string>> {
    const { objectLockDays } = this.#settings
    if (!objectLockDays) return {}
    return {
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': new Date(Date.now() + objectLockDays * DAY_MS).toISOString(),
    }
  }

  /** Tells whether the object is in the store. @throws ObjectConflict when it is there with other bytes */
  async #holds({ key, content }: ArchiveObject): Promise<boolean> {
    const head = await this.#head(key)
    if (!head) return false
    const told = head.headers['x-amz-checksum-sha256']
    const isWhole = head.headers['x-amz-checksum-type'] !== 'COMPOSITE'
    const hash = typeof told === 'string' && isWhole ? Buffer.from(told, 'base64') : await this.#readHash(key)
    if (!hash.equals(sha256Of(content))) throw new ObjectConflict(key)
    return true
  }

  async #readHash(key: string): Promise<Buffer> {
    return (await this.#client.send({ method: 'GET', key, receive: hashOf, expected: [200] })).body
  }

  /** Returns the headers of an object; undefined when it is not there. A HEAD alone does not tell a missing bucket apart. */
  async #head(key: string): Promise<S3Answer | undefined> {
    requireObjectKey(key)
    const headers = { 'x-amz-checksum-mode': 'ENABLED' }
    const answer = await this.#client.send({ method: 'HEAD', key, headers, expected: [200, 404] })
    if (answer.status === 200) return answer
    await this.#client.send({ method: 'HEAD', expected: [200] })
    return undefined
  }
}

/** @throws RangeError | ContentChanged */
async function requireUploadable(key: string, content: ArchiveObject['content']): Promise<void> {
  const size = sizeOf(content)
  if (size > MAX_SIZE) {
    throw new RangeError(
      `${key} has ${size} bytes, and S3 takes ${MAX_SIZE} at once: keep the archive in a file:// store`,
    )
  }
  if (!(content instanceof Uint8Array) && (await stat(content.path)).size !== size) throw new ContentChanged(key)
}

async function hashOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const piece of body) hash.update(piece)
  return hash.digest()
}
