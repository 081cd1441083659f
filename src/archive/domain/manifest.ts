import type { Hash } from '../../ledger/domain/sha256.ts'
import type { Month } from './month.ts'

const ARCHIVE_FORMAT = 'lottery-archive-v1'

export interface ManifestObject {
  readonly key: string
  readonly sha256: Hash
  /** Bytes. */
  readonly size: number
}

/** The list of the objects of a ledger, and what they are together. */
export interface LedgerSummary extends ManifestObject {
  readonly objects: number
  readonly bytes: number
}

export interface ManifestLottery {
  readonly date: string
  readonly ballotCount: number
  readonly root: Hash
  readonly sealHash: Hash
  readonly ledger: LedgerSummary
  readonly evidence: ManifestObject
}

export interface ManifestFacts {
  readonly month: Month
  readonly ledgerName: string
  readonly lotteries: readonly ManifestLottery[]
  readonly events: ManifestObject & { readonly count: number }
  /** Objects that name users, as they were first archived. */
  readonly private: readonly (ManifestObject & { readonly rows: number })[]
}

/** The manifest as JSON. Its bytes follow from the facts alone: it tells no time of writing. */
export function manifestText({ month, ledgerName, lotteries, events, private: files }: ManifestFacts): string {
  const manifest = {
    format: ARCHIVE_FORMAT,
    month,
    ledger_name: ledgerName,
    lotteries: lotteries.map(({ date, ballotCount, root, sealHash, ledger, evidence }) => ({
      date,
      ballot_count: ballotCount,
      root: hexOf(root),
      seal_hash: hexOf(sealHash),
      ledger: { ...documentOf(ledger), objects: ledger.objects, bytes: ledger.bytes },
      evidence: documentOf(evidence),
    })),
    events: { ...documentOf(events), count: events.count },
    private: files.map((file) => ({ ...documentOf(file), rows: file.rows })),
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** Text of the signed note over a manifest. */
export function manifestNoteText(ledgerName: string, month: Month, hash: Hash): string {
  return `${ARCHIVE_FORMAT}\n${ledgerName}/archive/${month}\n${hexOf(hash)}\n`
}

export interface ObjectDocument {
  readonly key: string
  /** Hex. */
  readonly sha256: string
  readonly size: number
}

/** A manifest as it is stored. */
export interface ManifestDocument {
  readonly lotteries: readonly {
    readonly date: string
    readonly ballot_count: number
    readonly root: string
    readonly seal_hash: string
    readonly ledger: ObjectDocument
    readonly evidence: ObjectDocument
  }[]
  readonly events: ObjectDocument & { readonly count: number }
  readonly private: readonly ObjectDocument[]
}

/** Reads the text of a manifest that this service made. */
export function manifestOf(text: string): ManifestDocument {
  return JSON.parse(text) as ManifestDocument
}

function documentOf({ key, sha256, size }: ManifestObject): ObjectDocument {
  return { key, sha256: hexOf(sha256), size }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
