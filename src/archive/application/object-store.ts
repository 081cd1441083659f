/** A local file on its way to the store, or on its way back. */
export interface LocalFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly sha256: Uint8Array
}

export interface ArchiveObject {
  /** Path in the store, of the characters `A-Z a-z 0-9 = / . _ -`. Every part begins with a letter or a digit. */
  readonly key: string
  readonly content: Uint8Array | LocalFile
  readonly contentType: string
  /** A public object is put under the object lock of the settings. A private one can be replaced. */
  readonly isPublic: boolean
}

/**
 * Store of the archive. An object is whole or absent: a store or a process that dies leaves no part of one.
 *
 * Every method throws ArchiveUnavailable when the store does not answer or refuses the service.
 */
export interface ObjectStore {
  /**
   * Stores a new object, and never overwrites one. When the same bytes are there already, nothing is stored. The store
   * itself checks the SHA-256 of what arrives.
   *
   * @throws ObjectConflict when other bytes are there
   */
  put(object: ArchiveObject): Promise<void>
  /** Returns all bytes of an object. @throws ObjectMissing */
  get(key: string): Promise<Uint8Array>
  /**
   * Returns the bytes from `from` up to, not including, `to`. They may be in `memory`, which has room for them: many reads,
   * one after the other, then take the memory of one. @throws ObjectMissing | RangeError beyond the end
   */
  range(key: string, from: number, to: number, memory?: Uint8Array): Promise<Uint8Array>
  /** Returns the number of bytes of an object; undefined when it is not there. */
  sizeOf(key: string): Promise<number | undefined>
  /**
   * Puts a private object in the place of the one that is there, and removes every older version of it. A call that failed
   * can be repeated.
   *
   * @throws ObjectMissing; ObjectConflict when another process replaced it meanwhile
   */
  replace(object: ArchiveObject): Promise<void>
  /** Removes every version of a private object but the present one, as an interrupted {@link replace} may leave one. */
  removeOlderVersions(key: string): Promise<void>
}
