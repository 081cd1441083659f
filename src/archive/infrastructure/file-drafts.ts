import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArchiveObject } from '../application/object-store.ts'
import { ContentChanged, sha256Of, sizeOf } from './object-content.ts'

const READ_SIZE = 131_072
/** Milliseconds since its last write after which a draft is left over from a process that died. */
const DRAFT_AGE_MS = 3_600_000
const PUBLIC_MODE = 0o644
const PRIVATE_MODE = 0o640

/** Files on their way to a name. They are in a hidden folder beside the objects, which no key can name. */
export class FileDrafts {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = join(folder, '.drafts')
  }

  /**
   * Writes an object's content to the disk, and calls `use` with the path and the SHA-256. Afterwards, the draft is removed.
   *
   * @throws ContentChanged when the bytes are not those that the caller told
   */
  async write({ key, content, isPublic }: ArchiveObject, use: (path: string, hash: Buffer) => Promise<void>) {
    await this.#sweep()
    const path = join(this.#folder, randomUUID())
    try {
      const { hash, size } = await writeFile(path, content, isPublic ? PUBLIC_MODE : PRIVATE_MODE)
      if (size !== sizeOf(content) || !hash.equals(sha256Of(content))) throw new ContentChanged(key)
      await use(path, hash)
    } finally {
      await rm(path, { force: true })
    }
  }

  /** Makes the folder, or removes what dead processes left in it. */
  async #sweep(): Promise<void> {
    await mkdir(this.#folder, { mode: 0o750 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined) // its writer has just removed it
      if (found && Date.now() - found.mtimeMs > DRAFT_AGE_MS) await rm(path, { force: true })
    }
  }
}

export async function hashOfFile(path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const piece of piecesOf(path)) hash.update(piece)
  return hash.digest()
}

/** Flushes the names in a folder to the disk, and in those above it up to the parent of the first one that was made. */
export async function syncFolders(folder: string, firstMade?: string): Promise<void> {
  const file = await open(folder)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  if (firstMade !== undefined && folder !== dirname(firstMade)) await syncFolders(dirname(folder), firstMade)
}

/** Reads a file in pieces. All are in one buffer: a piece is gone when the next one is asked for. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(READ_SIZE)
  const file = await open(path)
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, READ_SIZE)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function writeFile(path: string, content: ArchiveObject['content'], mode: number) {
  const hash = createHash('sha256')
  let size = 0
  const pieces = content instanceof Uint8Array ? [content] : piecesOf(content.path)
  const file = await open(path, 'wx', mode)
  try {
    for await (const piece of pieces) {
      hash.update(piece)
      size += piece.length
      await file.writeFile(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { hash: hash.digest(), size }
}
