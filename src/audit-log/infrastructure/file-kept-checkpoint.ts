import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import type { CheckpointSigner } from '../../ledger/domain/checkpoint.ts'
import type { TreeHead } from '../../ledger/domain/growing-tree.ts'
import type { KeptCheckpoint } from '../application/kept-checkpoint.ts'

const NOTE = /^(?<origin>[^\n]+)\n(?<size>0|[1-9]\d{0,14})\n(?<root>[A-Za-z0-9+/]{43}=)\n\n/

/** Keeps the newest checkpoint in a file of the data folder. Each name and key of a log has a file of its own. */
export class FileKeptCheckpoint implements KeptCheckpoint {
  readonly place: string
  readonly #origin: string
  readonly #log: Logger
  #isWritable = true

  constructor(dataDir: string, { name, verifierKey }: CheckpointSigner, log: Logger) {
    const [, keyId] = verifierKey.split('+')
    this.place = join(dataDir, `audit-checkpoint-${name}+${keyId}`)
    this.#origin = `${name}/audit`
    this.#log = log
  }

  async read(): Promise<TreeHead | undefined> {
    const note = await readFile(this.place, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return undefined
    })
    if (note === undefined) return undefined
    const { origin, size, root = '' } = NOTE.exec(note)?.groups ?? {}
    if (origin !== this.#origin)
      throw new Error(`${this.place} holds no checkpoint of ${this.#origin}: restore the file`)
    return { size: Number(size), root: Buffer.from(root, 'base64') }
  }

  async write(note: string, size: number): Promise<void> {
    if (!this.#isWritable) return
    const kept = await this.read()
    if (kept && kept.size >= size) return // another replica with this folder was faster
    await this.#replace(note).catch((error: NodeJS.ErrnoException) => {
      if (!isReadOnly(error)) throw error
      this.#isWritable = false
      this.#log.warn({ err: error }, 'data folder is read-only: a rollback of the database will not be found')
    })
  }

  async #replace(note: string): Promise<void> {
    const draft = `${this.place}.${randomUUID()}`
    await mkdir(dirname(this.place), { recursive: true })
    try {
      await synced(draft, 'w', (file) => file.writeFile(note))
      await rename(draft, this.place)
    } catch (error) {
      await unlink(draft).catch(() => {})
      throw error
    }
    await synced(dirname(this.place), 'r', async () => {})
  }
}

/** Opens a file or folder, and flushes it to the disk after the work. */
async function synced(
  path: string,
  flags: string,
  work: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags)
  try {
    await work(file)
    await file.sync()
  } finally {
    await file.close()
  }
}

function isReadOnly({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EROFS' || code === 'EACCES'
}
