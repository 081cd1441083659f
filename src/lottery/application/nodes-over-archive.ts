import type { Subtree } from '../../ledger/domain/merkle-tree.ts'
import type { CalendarDate } from '../domain/calendar-date.ts'
import type { LedgerEntry, LedgerNodes } from '../domain/ledger-proofs.ts'
import type { BallotArchive } from './ballot-archive.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/**
 * Reads the nodes of ledgers from the database, and those that have left it from the archive. Nodes are asked for within the
 * size of their ledger, so fewer than asked for are missing.
 */
export class NodesOverArchive implements LedgerNodes {
  readonly #nodes: LedgerNodes
  readonly #queries: LotteryQueries
  readonly #archive: BallotArchive

  constructor(nodes: LedgerNodes, queries: LotteryQueries, archive: BallotArchive) {
    this.#nodes = nodes
    this.#queries = queries
    this.#archive = archive
  }

  async entries(date: CalendarDate, from: number, to: number): Promise<readonly LedgerEntry[]> {
    const stored = await this.#nodes.entries(date, from, to)
    if (stored.length > to - from) return stored
    return (await this.#sourceOf(date)).entries(date, from, to)
  }

  async subtrees(date: CalendarDate, level: number, from: number, to: number): Promise<readonly Subtree[]> {
    const stored = await this.#nodes.subtrees(date, level, from, to)
    if (stored.length > to - from) return stored
    return (await this.#sourceOf(date)).subtrees(date, level, from, to)
  }

  /** Whether the archive can answer for a date. */
  async areInArchive(date: CalendarDate): Promise<boolean> {
    return this.#archive.holds(date)
  }

  /** The archive, or the database again: the nodes may have come back meanwhile. */
  async #sourceOf(date: CalendarDate): Promise<LedgerNodes> {
    if (!(await this.#archive.holds(date))) return this.#nodes
    const lottery = await this.#queries.find(date)
    return lottery ? archivedNodes(this.#archive, lottery.ledger.size) : this.#nodes
  }
}

/** The nodes of archived ledgers of a sealed size. */
function archivedNodes(archive: BallotArchive, size: number): LedgerNodes {
  return {
    entries: (date, from, to) => archive.entries(date, size, from, to),
    subtrees: (date, level, from, to) => archive.subtrees(date, size, level, from, to),
  }
}
