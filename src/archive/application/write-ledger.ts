import { sha256 } from '../../ledger/domain/sha256.ts'
import { type LedgerObject, LedgerObjects } from '../domain/ledger-objects.ts'
import type { LedgerSummary } from '../domain/manifest.ts'
import { ledgerKey } from '../domain/object-keys.ts'
import { Sums } from '../domain/sums.ts'
import { InParallel } from './in-parallel.ts'
import type { ObjectStore } from './object-store.ts'

const PUTS_AT_ONCE = 16

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

  constructor(store: ObjectStore) {
    this.#store = store
  }

  async execute({ date, checkpoint, entries, onProgress }: LedgerToWrite): Promise<LedgerSummary> {
    const puts = new InParallel(PUTS_AT_ONCE)
    const sums = new Sums()
    const put = async (object: LedgerObject) => {
      sums.add(object)
      await puts.start(() => this.#put(date, object))
    }
    const objects = new LedgerObjects()
    for await (const page of entries) {
      for (const entry of page) for (const object of objects.add(entry)) await put(object)
      onProgress(objects.size)
    }
    for (const object of objects.end()) await put(object)
    await put({ path: 'checkpoint', bytes: new TextEncoder().encode(checkpoint) })
    await puts.end()

    const list = { path: 'SHA256SUMS', bytes: new TextEncoder().encode(sums.text) }
    await this.#put(date, list)
    return {
      key: `${ledgerKey(date)}/${list.path}`,
      sha256: sha256(list.bytes),
      size: list.bytes.length,
      objects: sums.count,
      bytes: sums.bytes,
    }
  }

  async #put(date: string, { path, bytes }: LedgerObject): Promise<void> {
    const contentType = path.startsWith('tile/') ? 'application/octet-stream' : 'text/plain; charset=utf-8'
    await this.#store.put({ key: `${ledgerKey(date)}/${path}`, content: bytes, contentType, isPublic: true })
  }
}
