import { customType } from 'drizzle-orm/pg-core'
import type { Hash } from '../domain/sha256.ts'

const HASH_BYTES = 32

/** Bytes; drizzle has no column of this type. */
export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (bytes) => Buffer.from(bytes),
})

/** Hashes that were stored one after the other. */
export function hashesOf(range: Uint8Array): Hash[] {
  const hashes: Hash[] = []
  for (let at = 0; at < range.length; at += HASH_BYTES) hashes.push(range.subarray(at, at + HASH_BYTES))
  return hashes
}
