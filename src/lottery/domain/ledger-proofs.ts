import { leafHash, type Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { Hash } from '../../ledger/domain/sha256.ts'
import { type ReadNodes, TreeProofs } from '../../ledger/domain/tree-proofs.ts'
import type { CalendarDate } from './calendar-date.ts'

/** 64 bytes of a ledger (lottery-draw-v2 section 1), and the ordinal of their ballot. */
export interface LedgerEntry {
  readonly ordinal: number
  readonly entry: Uint8Array
}

/** Entries and stored subtrees, from which a ledger's proofs are computed. */
export interface LedgerNodes {
  /** Returns the entries of the ordinals `from`..`to`, both included, in order. */
  entries(date: CalendarDate, from: number, to: number): Promise<readonly LedgerEntry[]>
  /** Returns the stored subtrees of a stored level with the indexes `from`..`to`, both included, in order. */
  subtrees(date: CalendarDate, level: number, from: number, to: number): Promise<readonly Subtree[]>
}

/** Proofs about the ledgers of lotteries. The leaves of a ledger are its lottery's ballots, by ordinal. @see TreeProofs */
export class LedgerProofs {
  readonly #nodes: LedgerNodes

  constructor(nodes: LedgerNodes) {
    this.#nodes = nodes
  }

  /** RFC 6962 audit path of a ballot; 1 <= ordinal <= size. `peaks` are the hashes of the compact range of this size. */
  async inclusion(
    date: CalendarDate,
    ordinal: number,
    size: number,
    peaks: readonly Hash[] = [],
  ): Promise<{ proof: Hash[]; root: Hash }> {
    return new TreeProofs(readNodesOf(this.#nodes, date)).inclusion(ordinal - 1, size, peaks)
  }

  /** The audit paths of several ballots, in the order of their ordinals. A node that several paths need is read once. */
  async inclusions(
    date: CalendarDate,
    ordinals: readonly number[],
    size: number,
  ): Promise<{ proofs: Hash[][]; root: Hash }> {
    const indexes = ordinals.map((ordinal) => ordinal - 1)
    return new TreeProofs(readNodesOf(this.#nodes, date)).inclusions(indexes, size)
  }

  /** RFC 6962 consistency proof between two sizes; 0 < from <= to. */
  async consistency(date: CalendarDate, from: number, to: number): Promise<Hash[]> {
    return new TreeProofs(readNodesOf(this.#nodes, date)).consistency(from, to)
  }

  /** Root of the first `size` ballots. */
  async root(date: CalendarDate, size: number): Promise<Hash> {
    return new TreeProofs(readNodesOf(this.#nodes, date)).root(size)
  }
}

/** Reader of the nodes of one lottery's ledger. The leaves are computed from the entries. */
function readNodesOf(nodes: LedgerNodes, date: CalendarDate): ReadNodes {
  return async (level, from, to) => {
    if (level > 0) return nodes.subtrees(date, level, from, to)
    const entries = await nodes.entries(date, from + 1, to + 1)
    return entries.map(({ ordinal, entry }) => ({ level, index: ordinal - 1, hash: leafHash(entry) }))
  }
}
