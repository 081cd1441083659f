import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { ByteWriter } from 'hyparquet-writer'
import type { LocalFile } from '../application/object-store.ts'

/** A new file that a Parquet writer fills. Bytes are hashed and written after each row group, so few are in memory. */
export class ParquetOutput extends ByteWriter implements AsyncDisposable {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #hash = createHash('sha256')

  private constructor(path: string, handle: FileHandle) {
    super()
    this.#path = path
    this.#handle = handle
  }

  static async create(path: string): Promise<ParquetOutput> {
    return new ParquetOutput(path, await open(path, 'wx', 0o600))
  }

  /** The file, once it is finished. */
  get file(): LocalFile {
    return { path: this.#path, size: this.offset, sha256: this.#hash.copy().digest() }
  }

  /** Moves the bytes so far to the disk. The Parquet writer calls it after each row group, but not after the footer. */
  async flush(): Promise<void> {
    const bytes = this.getBytes()
    this.#hash.update(bytes)
    await this.#handle.writeFile(bytes)
    this.index = 0
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close()
  }
}
