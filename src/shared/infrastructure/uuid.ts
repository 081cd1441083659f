import { hash, randomUUIDv7 } from 'node:crypto'

/** Mints a UUIDv7 (RFC 9562 section 5.7). Ids of a later millisecond sort later. */
export function mintUuid(): string {
  return randomUUIDv7()
}

/** Derives a UUIDv8 from words: the SHA-256 of their JSON. */
export function deriveUuid(...words: readonly string[]): string {
  return uuidOf(Buffer.from(hash('sha256', JSON.stringify(words), 'hex'), 'hex'))
}

/** Makes a UUIDv8 (RFC 9562 section 5.8) of the first 122 free bits of a hash. */
export function uuidOf(digest: Uint8Array): string {
  const bytes = Buffer.from(digest.subarray(0, 16))
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
