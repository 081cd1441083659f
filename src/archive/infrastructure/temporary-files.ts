import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalFiles } from '../application/local-files.ts'
import type { LocalFile } from '../application/object-store.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

export class TemporaryFiles implements LocalFiles {
  write<T>(pieces: AsyncIterable<string | Uint8Array>, use: (file: LocalFile) => Promise<T>): Promise<T> {
    return inTemporaryFolder(tmpdir(), async (folder) => use(await writeTo(join(folder, 'object'), pieces)))
  }
}

async function writeTo(path: string, pieces: AsyncIterable<string | Uint8Array>): Promise<LocalFile> {
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
  return { path, size, sha256: hash.digest() }
}
