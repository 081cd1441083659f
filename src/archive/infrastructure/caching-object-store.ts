import { LRUCache } from 'lru-cache'
import type { ArchiveObject, ObjectStore } from '../application/object-store.ts'
import { isPublicKey } from './object-key.ts'

/** Bytes that an entry takes beside its content, roughly. */
const ENTRY_SIZE = 200

/**
 * Remembers what was read of public objects, which never change. Readers of the same bytes at the same time share one
 * request. Callers must not change the bytes that they get. Private objects are read anew each time, as they can be replaced.
 */
export class CachingObjectStore implements ObjectStore {
  readonly #store: ObjectStore
  readonly #known: LRUCache<string, Uint8Array>
  readonly #running = new Map<string, Promise<Uint8Array>>()

  /** `maxBytes` is the memory of the cache. An object of more than a quarter of it is not remembered. */
  constructor(store: ObjectStore, maxBytes: number) {
    this.#store = store
    this.#known = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.ceil(maxBytes / 4),
      sizeCalculation: ({ length }) => length + ENTRY_SIZE,
    })
  }

  put(object: ArchiveObject): Promise<void> {
    return this.#store.put(object)
  }

  get(key: string): Promise<Uint8Array> {
    return this.#cached(key, key, () => this.#store.get(key))
  }

  range(key: string, from: number, to: number): Promise<Uint8Array> {
    return this.#cached(key, `${key} ${from}-${to}`, () => this.#store.range(key, from, to))
  }

  sizeOf(key: string): Promise<number | undefined> {
    return this.#store.sizeOf(key)
  }

  replace(object: ArchiveObject): Promise<void> {
    return this.#store.replace(object)
  }

  removeOlderVersions(key: string): Promise<void> {
    return this.#store.removeOlderVersions(key)
  }

  async #cached(key: string, id: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if (!isPublicKey(key)) return read()
    const known = this.#known.get(id) ?? this.#running.get(id)
    if (known) return known
    const running = read().finally(() => this.#running.delete(id))
    this.#running.set(id, running)
    const bytes = await running
    this.#known.set(id, bytes)
    return bytes
  }
}
