import { createHash, randomUUIDv7 } from 'node:crypto'

/** Mints a UUIDv7 (RFC 9562 section 5.7). Ids of a later millisecond sort later. */
export function mintUuid(): string {
  return randomUUIDv7()
}

/**
 * Derives a UUIDv8 (RFC 9562 section 5.8) from words: the first 16 bytes of the SHA-256 of their JSON, with 6 of the 128
 * bits overwritten by version and variant.
 */
export function deriveUuid(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
