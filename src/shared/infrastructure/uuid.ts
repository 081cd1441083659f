import { createHash, randomUUIDv7 } from 'node:crypto'

/** Mints a UUIDv7 (RFC 9562 section 5.7). Ids of a later millisecond sort later. */
export function mintUuid(): string {
  return randomUUIDv7()
}

/** Derives a UUIDv8 from words: the SHA-256 of their JSON. */
export function deriveUuid(...words: readonly string[]): string {
  return uuidOf(createHash('sha256').update(JSON.stringify(words)).digest())
}

/** Makes a UUIDv8 (RFC 9562 section 5.8) of the first 122 free bits of a hash. */
export function uuidOf(hash: Uint8Array): string {
  const bytes = Buffer.from(hash.subarray(0, 16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
