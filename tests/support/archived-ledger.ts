import type { ClosedLottery } from '../../src/archive/application/month-source.ts'
import type { ObjectStore } from '../../src/archive/application/object-store.ts'
import { WriteLedger } from '../../src/archive/application/write-ledger.ts'
import type { LedgerSummary } from '../../src/archive/domain/manifest.ts'
import { TemporaryFiles } from '../../src/archive/infrastructure/temporary-files.ts'
import { SIGNER } from './ledger.ts'
import { NaiveTree, naiveLeaf } from './rfc6962.ts'

export const DATE = '2026-09-21'
export const ORIGIN = `${SIGNER.name}/${DATE}`
/** Days from 1970-01-01 to the date. */
const DAY = 20_717

/** A ledger entry as lottery-draw-v2 lays it out, accepted `atMs` after midnight. Its id and commitment are arbitrary. */
export function entryAt(index: number, atMs = index): Buffer {
  const entry = Buffer.alloc(64, index % 251)
  entry.write('LSB1', 0, 'latin1')
  entry.writeUInt32BE(DAY, 4)
  entry.writeUInt32BE(index, 8)
  entry.writeBigUInt64BE(BigInt(DAY * 86_400_000 + atMs), 56)
  return entry
}

export function entriesUpTo(size: number): Buffer[] {
  return Array.from({ length: size }, (_, index) => entryAt(index))
}

/** The sealed facts of the lottery of these entries. */
export function lotteryOf(entries: readonly Uint8Array[]): ClosedLottery {
  const size = entries.length
  const root = new NaiveTree(entries.map(naiveLeaf)).root(size)
  const checkpoint = SIGNER.sign({ origin: ORIGIN, size, root })
  return { date: DATE, ballotCount: size, root, sealHash: root, winnerOrdinal: size === 0 ? null : 1, checkpoint }
}

/** Writes the ledger of these entries to a store, in pages of 100. */
export function writeLedger(
  store: ObjectStore,
  entries: readonly Uint8Array[],
  checkpoint: string,
  onProgress: (entries: number) => void = () => {},
): Promise<LedgerSummary> {
  async function* pages() {
    for (let at = 0; at < entries.length; at += 100) yield entries.slice(at, at + 100)
  }
  return new WriteLedger(store, new TemporaryFiles()).execute({ date: DATE, checkpoint, entries: pages(), onProgress })
}
