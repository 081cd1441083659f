import { access, link, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArchiveObject, ObjectStore } from '../application/object-store.ts'
import { ArchiveUnavailable, ObjectConflict, ObjectMissing } from '../domain/errors.ts'
import { FileDrafts, hashOfFile, syncFolders } from './file-drafts.ts'
import { requireObjectKey } from './object-key.ts'

/**
 * Objects as files of one folder, which must exist, on a file system with hard links. An object gets its name when it is
 * whole on the disk.
 */
export class FileObjectStore implements ObjectStore {
  readonly #folder: string
  readonly #drafts: FileDrafts

  constructor(folder: string) {
    this.#folder = folder
    this.#drafts = new FileDrafts(folder)
  }

  async put(object: ArchiveObject): Promise<void> {
    const path = this.#pathOf(object.key)
    await this.#write(object, async (draft, hash) => {
      const firstMade = await mkdir(dirname(path), { recursive: true })
      await link(draft, path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
        if (!hash.equals(await hashOfFile(path))) throw new ObjectConflict(object.key)
      })
      await syncFolders(dirname(path), firstMade)
    })
  }

  get(key: string): Promise<Uint8Array> {
    return this.#read(key, (path) => readFile(path))
  }

  range(key: string, from: number, to: number, memory = new Uint8Array(to - from)): Promise<Uint8Array> {
    return this.#read(key, async (path) => {
      const file = await open(path)
      try {
        const { bytesRead } = await file.read(memory, 0, to - from, from)
        if (bytesRead < to - from) throw new RangeError(`${key} ends before its byte ${to}`)
        return memory.subarray(0, to - from)
      } finally {
        await file.close()
      }
    })
  }

  async sizeOf(key: string): Promise<number | undefined> {
    try {
      return (await this.#find(key)).size
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined
      throw error
    }
  }

  async replace(object: ArchiveObject): Promise<void> {
    if (object.isPublic) throw new RangeError('a public object is never replaced')
    const path = this.#pathOf(object.key)
    const replaced = await this.#find(object.key)
    await this.#write(object, async (draft) => {
      const found = await this.#find(object.key)
      if (found.ino !== replaced.ino || found.ctimeMs !== replaced.ctimeMs) throw new ObjectConflict(object.key)
      await rename(draft, path)
      await syncFolders(dirname(path))
    })
  }

  /** A file system keeps no older version. */
  async removeOlderVersions(): Promise<void> {}

  #pathOf(key: string): string {
    requireObjectKey(key)
    return join(this.#folder, key)
  }

  #find(key: string) {
    return this.#read(key, async (path) => {
      const found = await stat(path)
      if (!found.isFile()) throw new ObjectMissing(key)
      return found
    })
  }

  async #read<T>(key: string, read: (path: string) => Promise<T>): Promise<T> {
    const path = this.#pathOf(key)
    return whileAvailable(async () => {
      try {
        return await read(path)
      } catch (error) {
        if (!isAbsence(error)) throw error
        await access(`${this.#folder}/`)
        throw new ObjectMissing(key)
      }
    })
  }

  #write(object: ArchiveObject, name: (draft: string, hash: Buffer) => Promise<void>): Promise<void> {
    return whileAvailable(() => this.#drafts.write(object, name))
  }
}

/** What the operating system refuses is the store's refusal. */
async function whileAvailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? new ArchiveUnavailable({ cause: error }) : error
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ENOENT|ENOTDIR|EISDIR)$/.test(String(error.code))
}
