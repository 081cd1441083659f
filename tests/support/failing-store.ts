import type { ArchiveObject, ObjectStore } from '../../src/archive/application/object-store.ts'
import { ArchiveUnavailable } from '../../src/archive/domain/errors.ts'

/** A store whose call of one number fails: before anything is done, or, at every second failure, after it was done. */
export class FailingStore implements ObjectStore {
  readonly #store: ObjectStore
  #left = Number.POSITIVE_INFINITY
  #failures = 0

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /** Whether the failure is still ahead. */
  get isArmed(): boolean {
    return this.#left > 0
  }

  /** Lets the `n`th call from now on fail, and the calls after it succeed. */
  failAt(n: number): void {
    this.#left = n
  }

  put = (object: ArchiveObject) => this.#call(() => this.#store.put(object))
  get = (key: string) => this.#call(() => this.#store.get(key))
  range = (key: string, from: number, to: number) => this.#call(() => this.#store.range(key, from, to))
  sizeOf = (key: string) => this.#call(() => this.#store.sizeOf(key))
  replace = (object: ArchiveObject) => this.#call(() => this.#store.replace(object))
  removeOlderVersions = (key: string) => this.#call(() => this.#store.removeOlderVersions(key))

  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.#left -= 1
    if (this.#left !== 0) return work()
    this.#failures += 1
    if (this.#failures % 2 === 0) await work()
    throw new ArchiveUnavailable()
  }
}
