import { sha256 } from '../../ledger/domain/sha256.ts'
import type { ArchiveObject } from '../application/object-store.ts'

type Content = ArchiveObject['content']

/** Returns the bytes of a content, in their number. */
export function sizeOf(content: Content): number {
  return content instanceof Uint8Array ? content.length : content.size
}

/** Returns the SHA-256 of a content. That of a file is as its writer tells. */
export function sha256Of(content: Content): Uint8Array {
  return content instanceof Uint8Array ? sha256(content) : content.sha256
}

/** The bytes that reached the store are not those that the caller told. The store keeps nothing. */
export class ContentChanged extends Error {
  constructor(key: string) {
    super(`${key} did not arrive as it was sent: its file changed, or the connection is broken`)
    this.name = 'ContentChanged'
  }
}
