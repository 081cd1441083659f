import { type LedgerObject, LedgerObjects } from '../domain/ledger-objects.ts'
import type { LedgerSummary } from '../domain/manifest.ts'
import { ledgerKey } from '../domain/object-keys.ts'
import { Sums } from '../domain/sums.ts'
import { InParallel } from './in-parallel.ts'
import type { LocalFiles } from './local-files.ts'
import type { ObjectStore } from './object-store.ts'

const PUTS_AT_ONCE = 16
/** Lines of the list that are written together. */
const LINES_AT_ONCE = 1_000
const TEXT = 'text/plain; charset=utf-8'

export interface LedgerToWrite {
  /** `YYYY-MM-DD` */
  readonly date: string
  /** Signed note over the sealed ledger. */
  readonly checkpoint: string
  /** Entries in ordinal order. */
  readonly entries: AsyncIterable<readonly Uint8Array[]>
  readonly onProgress: (entries: number) => void
}

/** Writes a ledger to the store as C2SP tlog-tiles. The list of all its objects comes last. It can be repeated. */
export class WriteLedger {
  readonly #store: ObjectStore
  readonly #localFiles: LocalFiles

  constructor(store: ObjectStore, localFiles: LocalFiles) {
    this.#store = store
    this.#localFiles = localFiles
  }

  async execute(ledger: LedgerToWrite): Promise<LedgerSummary> {
    const sums = new Sums()
    return this.#localFiles.write(this.#putObjects(ledger, sums), async (list) => {
      const key = `${ledgerKey(ledger.date)}/SHA256SUMS`
      await this.#store.put({ key, content: list, contentType: TEXT, isPublic: true })
      return { key, sha256: list.sha256, size: list.size, objects: sums.count, bytes: sums.bytes }
    })
  }

  /** Puts all objects, and returns the lines of their list. */
  async *#putObjects({ date, checkpoint, entries, onProgress }: LedgerToWrite, sums: Sums): AsyncGenerator<string> {
    const puts = new InParallel(PUTS_AT_ONCE)
    const put = async (object: LedgerObject) => {
      sums.add(object)
      await puts.start(() => this.#put(date, object))
    }
    const objects = new LedgerObjects()
    for await (const page of entries) {
      for (const entry of page) for (const object of objects.add(entry)) await put(object)
      onProgress(objects.size)
      if (sums.waiting >= LINES_AT_ONCE) yield sums.take()
    }
    for (const object of objects.end()) await put(object)
    await put({ path: 'checkpoint', bytes: new TextEncoder().encode(checkpoint) })
    await puts.end()
    yield sums.take()
  }

  async #put(date: string, { path, bytes }: LedgerObject): Promise<void> {
    const contentType = path.startsWith('tile/') ? 'application/octet-stream' : TEXT
    await this.#store.put({ key: `${ledgerKey(date)}/${path}`, content: bytes, contentType, isPublic: true })
  }
}
