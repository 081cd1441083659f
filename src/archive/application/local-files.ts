import type { LocalFile } from './object-store.ts'

/** Temporary files for objects that may be too large for memory. */
export interface LocalFiles {
  /** Writes pieces to a temporary file, and calls `use` with it. Afterwards, the file is removed. */
  write<T>(pieces: AsyncIterable<string | Uint8Array>, use: (file: LocalFile) => Promise<T>): Promise<T>
}
