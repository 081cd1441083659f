import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ArchiveObject, ObjectStore } from '../../src/archive/application/object-store.ts'
import { ArchiveUnavailable, ObjectConflict, ObjectMissing } from '../../src/archive/domain/errors.ts'

/** An object store in memory, which counts what is read. */
export class MemoryObjectStore implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>()
  /** Reads since the start, in order: `get` and `range`. */
  readonly reads: { readonly key: string; readonly bytes: number }[] = []
  /** Whether the store refuses every call. */
  isDown = false

  async put(object: ArchiveObject): Promise<void> {
    const bytes = await this.#arriving(object)
    const there = this.objects.get(object.key)
    if (there && Buffer.compare(there, bytes) !== 0) throw new ObjectConflict(object.key)
    this.objects.set(object.key, there ?? bytes)
  }

  async get(key: string): Promise<Uint8Array> {
    return this.#read(key, 0, Number.POSITIVE_INFINITY)
  }

  async range(key: string, from: number, to: number): Promise<Uint8Array> {
    return this.#read(key, from, to)
  }

  async sizeOf(key: string): Promise<number | undefined> {
    this.#refuseWhenDown()
    return this.objects.get(key)?.length
  }

  async replace(object: ArchiveObject): Promise<void> {
    if (object.isPublic) throw new RangeError('a public object is never replaced')
    this.objects.set(object.key, await this.#arriving(object))
  }

  async removeOlderVersions(): Promise<void> {
    this.#refuseWhenDown()
  }

  #read(key: string, from: number, to: number): Uint8Array {
    this.#refuseWhenDown()
    const bytes = this.objects.get(key)?.slice(from, to)
    if (!bytes) throw new ObjectMissing(key)
    this.reads.push({ key, bytes: bytes.length })
    return bytes
  }

  /** The bytes of an object. Those of a file must have the SHA-256 that the caller tells. */
  async #arriving({ key, content }: ArchiveObject): Promise<Uint8Array> {
    this.#refuseWhenDown()
    if (content instanceof Uint8Array) return Uint8Array.from(content)
    const bytes = Uint8Array.from(await readFile(content.path))
    const isWhole = bytes.length === content.size && createHash('sha256').update(bytes).digest().equals(content.sha256)
    if (!isWhole) throw new Error(`${key} did not arrive as it was sent`)
    return bytes
  }

  #refuseWhenDown(): void {
    if (this.isDown) throw new ArchiveUnavailable()
  }
}
