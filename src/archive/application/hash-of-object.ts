import { type Hash, Sha256 } from '../../ledger/domain/sha256.ts'
import { ObjectMissing } from '../domain/errors.ts'
import type { ObjectStore } from './object-store.ts'

/** Bytes of an object in memory at once. */
const CHUNK_BYTES = 1024 * 1024

/** Hashes an object of the store, piece by piece. @throws ObjectMissing | ArchiveUnavailable */
export async function hashOfObject(
  store: ObjectStore,
  key: string,
): Promise<{ readonly size: number; readonly sha256: Hash }> {
  const size = await store.sizeOf(key)
  if (size === undefined) throw new ObjectMissing(key)
  const hash = new Sha256()
  const memory = new Uint8Array(Math.min(size, CHUNK_BYTES))
  for (let from = 0; from < size; from += CHUNK_BYTES)
    hash.update(await store.range(key, from, Math.min(size, from + CHUNK_BYTES), memory))
  return { size, sha256: hash.digest() }
}
