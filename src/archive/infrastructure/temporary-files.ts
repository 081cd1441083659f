import { createHash } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalFiles } from '../application/local-files.ts'
import type { LocalFile } from '../application/object-store.ts'

export class TemporaryFiles implements LocalFiles {
  async write<T>(pieces: AsyncIterable<string | Uint8Array>, use: (file: LocalFile) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'lottery-archive-'))
    try {
      const path = join(folder, 'object')
      const hash = createHash('sha256')
      let size = 0
      const file = await open(path, 'wx', 0o600)
      try {
        for await (const piece of pieces) {
          const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
          hash.update(bytes)
          size += bytes.length
          await file.writeFile(bytes)
        }
      } finally {
        await file.close()
      }
      return await use({ path, size, sha256: hash.digest() })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
