import type { Hash } from '../domain/sha256.ts'

const HASH_BYTES = 32

/** Concatenates hashes. A bytea column stores a compact range in this form. */
export function packHashes(hashes: readonly Hash[]): Uint8Array {
  return Buffer.concat(hashes)
}

export function unpackHashes(packed: Uint8Array): Hash[] {
  const hashes: Hash[] = []
  for (let at = 0; at < packed.length; at += HASH_BYTES) hashes.push(packed.subarray(at, at + HASH_BYTES))
  return hashes
}
