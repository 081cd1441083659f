import { checkTree } from '../../ledger/application/check-tree.ts'
import { type LedgerNodes, readNodesOf } from '../domain/ledger-proofs.ts'
import type { LotteryState } from '../domain/lottery-state.ts'
import type { LotteryQueries } from './lottery-queries.ts'

/** Recomputes a lottery's ledger from its stored ballots, and compares it with the stored one. */
export class CheckLedger {
  readonly #queries: LotteryQueries
  readonly #nodes: LedgerNodes

  constructor(queries: LotteryQueries, nodes: LedgerNodes) {
    this.#queries = queries
    this.#nodes = nodes
  }

  /** Returns a sentence for every difference. */
  async execute({ date, ledger, seal }: LotteryState): Promise<string[]> {
    const findings = await checkTree({
      ...ledger,
      read: readNodesOf(this.#nodes, date),
      nameOf: (index) => `ballot ${index + 1}`,
      plural: 'ballots',
    })
    const [first] = await this.#queries.ballots({ date, after: Number.MIN_SAFE_INTEGER, limit: 1 })
    if (first && first.ordinal < 1) findings.push(`ballot ${first.ordinal} is stored before the first`)
    const [surplus] = await this.#queries.ballots({ date, after: ledger.size, limit: 1 })
    if (surplus && seal) findings.push(`ballot ${surplus.ordinal} is stored beyond the count of the seal`)
    return findings
  }
}
