import { createHash } from 'node:crypto'
import { stringify, v7 } from 'uuid'

/** A new UUIDv7 (RFC 9562 section 5.7): ids minted later sort later. */
export function mintUuid(): string {
  return v7()
}

/** The UUIDv8 (RFC 9562 section 5.8) of these words: the first 122 free bits of the SHA-256 of their JSON. */
export function deriveUuid(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return stringify(bytes)
}
